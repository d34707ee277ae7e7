/** A stranger that speaks bytes: what the wire tests put on the other side. */
import net, { type AddressInfo, type Socket } from 'node:net'

/** Raw bytes to a server, and what it says. */
export class RawClient {
  readonly socket: Socket
  text = ''
  isClosed = false
  error: Error | undefined
  #wake: (() => void)[] = []

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.setNoDelay(true)
    this.socket.on('data', (data) => this.#tell(() => (this.text += data.toString('latin1'))))
    this.socket.on('end', () => this.#tell(() => (this.isClosed = true)))
    this.socket.on('error', (error) => this.#tell(() => (this.error = error)))
    this.socket.on('close', () => this.#tell(() => (this.isClosed = true)))
  }

  #tell(change: () => void): void {
    change()
    for (const wake of this.#wake.splice(0)) wake()
  }

  send(text: string): this {
    this.socket.write(text, 'latin1')
    return this
  }

  /** Waits until `done` holds; fails with what was heard when the server closes before. */
  async until(done: (text: string) => boolean): Promise<string> {
    while (!done(this.text)) {
      if (this.isClosed) throw new Error(`closed after ${JSON.stringify(this.text)}`)
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
    return this.text
  }

  /** Waits until the server has closed. */
  async closed(): Promise<string> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.#wake.push(resolve))
    return this.text
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** A server that runs a script on each connection. */
export class RawServer {
  readonly #server: net.Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: net.Server) {
    this.#server = server
  }

  static async start(script: (socket: Socket, heard: string) => void): Promise<RawServer> {
    const server = net.createServer({ allowHalfOpen: true })
    const raw = new RawServer(server)
    server.on('connection', (socket) => {
      raw.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('end', () => socket.end())
      let heard = ''
      socket.on('data', (data) => {
        heard += data.toString('latin1')
        script(socket, heard)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return raw
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

/** Cuts the Date line, which no test can know. */
export function undated(text: string): string {
  return text.replace(/Date: [^\r]*\r\n/g, '')
}
