// The parsers behind `npm run verdicts`: each reads a case whole and says what it made of it.
//
// All of them are asked as parsers. What a server decides afterwards (a missing Host) is nobody's mistake here; what
// an application would have to notice is.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import net from 'node:net'
import { Client } from 'undici'
import { bytesOf, type Http1Case, readWhole } from '../conformance/http1.ts'
import { expectedOf, isTold, type Reading, type Seen } from './compare.ts'

/** Our machine. */
export function readOurs(test: Http1Case): Reading {
  const { end, messages, error } = readWhole(test)
  const seen = expectedOf({ messages })
  if (end === 'error') return { verdict: 'rejects', seen, why: error }
  return { verdict: verdictOf(seen), seen }
}

/** A complete message has been accepted; without one, nothing has been said yet. */
function verdictOf(seen: readonly Seen[]): Reading['verdict'] {
  return seen.length > 0 ? 'accepts' : 'waits'
}

/** What node:http reaches its parser by; it has no other name. */
interface NodeParser {
  initialize(type: number, resource: object): void
  execute(bytes: Buffer): number | (Error & { code?: string })
  finish(): number | undefined | (Error & { code?: string })
  [callback: number]: (...facts: never[]) => number | undefined
}

/** The number that llhttp has for it. */
const CONNECT = 5

/** Node's parser, llhttp, with the answers that node:http gives to its questions. */
export function readNode(test: Http1Case): Reading {
  const { HTTPParser } = createRequire(import.meta.url)('node:_http_common')
  const parser: NodeParser = new HTTPParser()
  const isRequest = test.kind === 'request'
  parser.initialize(isRequest ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {})
  const methods = [...(test.options.requestMethods ?? [])]
  const seen: Seen[] = []
  let what = ''
  let body: Buffer[] = []
  let isInterim = false
  parser[HTTPParser.kOnHeadersComplete | 0] = (
    ...[, , , method, url, status, , upgrade]: [0, 0, 0, number, string, number, 0, boolean]
  ) => {
    what = isRequest ? url : String(status)
    body = []
    isInterim = !isRequest && !isTold({ status })
    // As node:http: an offer that no listener takes is read like any other request.
    if (isRequest) return method === CONNECT ? 2 : 0
    if (isInterim) return 1
    const asked = methods.shift() ?? 'GET'
    if (upgrade || asked === 'CONNECT') return 2
    return asked === 'HEAD' ? 1 : 0
  }
  parser[HTTPParser.kOnBody | 0] = (piece: Buffer) => {
    body.push(Buffer.from(piece))
    return 0
  }
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    if (!isInterim) seen.push({ what, body: Buffer.concat(body).toString('base64') })
    return 0
  }
  let result: unknown = parser.execute(Buffer.from(bytesOf(test)))
  if (!(result instanceof Error) && test.options.eof) result = parser.finish()
  const code = result instanceof Error ? (result as { code?: string }).code : undefined
  // The message was the last one, and what follows it is left alone; the end came too early for one.
  if (code === undefined || code === 'HPE_CLOSED_CONNECTION' || code === 'HPE_INVALID_EOF_STATE')
    return { verdict: verdictOf(seen), seen }
  return { verdict: 'rejects', seen, why: code }
}

/** Milliseconds: a client that still waits then has been told all there is. */
const PATIENCE = 500

/** undici as a client: a server that answers whatever it is asked with the bytes of a case. */
export class UndiciReader {
  readonly #server = net.createServer((socket) => this.#answer(socket))
  #bytes: Uint8Array = new Uint8Array(0)

  /** Begins to listen on a free port of this machine. */
  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Stops to listen. */
  close(): void {
    this.#server.close()
  }

  /** @returns nothing for what it is never shown: requests, since it has no server; the answers to CONNECT */
  async read(test: Http1Case): Promise<Reading | undefined> {
    const { requestMethods: [method = 'GET'] = [] } = test.options
    if (test.kind === 'request' || method === 'CONNECT') return undefined
    // It asks once: a second answer has nobody to go to, and whether it is a good one does not show.
    if (test.expect === 'reject' && test.messages.length > 0) return undefined
    this.#bytes = bytesOf(test)
    const { port } = this.#server.address() as net.AddressInfo
    const client = new Client(`http://127.0.0.1:${port}`)
    try {
      const seen = [await ask(client, method, isSwitch(this.#bytes))]
      return { verdict: 'accepts', seen, asked: 1 }
    } catch (error) {
      if (!isRefusal(error as Error)) return { verdict: 'waits', seen: [], asked: 1 }
      return { verdict: 'rejects', seen: [], asked: 1, why: sentenceOf(error as Error) }
    } finally {
      await client.destroy()
    }
  }

  #answer(socket: net.Socket): void {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(this.#bytes))
  }
}

function isSwitch(bytes: Uint8Array): boolean {
  return /^HTTP\/1\.1 101/.test(Buffer.from(bytes).toString('latin1'))
}

async function ask(client: Client, method: string, offers: boolean): Promise<Seen> {
  const signal = AbortSignal.timeout(PATIENCE)
  if (offers) {
    const { socket } = await client.upgrade({ path: '/', protocol: 'x', signal })
    socket.destroy()
    return { what: '101', body: '' }
  }
  const response = await client.request({ path: '/', method: method as 'GET', signal })
  const body = Buffer.from(await response.body.arrayBuffer()).toString('base64')
  return { what: String(response.statusCode), body }
}

/** Whether the bytes were refused, and not merely too few, or waited upon for ever. */
function isRefusal(error: { name?: string; code?: unknown; message?: string }): boolean {
  if (error.name === 'TimeoutError') return false
  return error.code !== 'UND_ERR_SOCKET' || !/other side closed/.test(error.message ?? '')
}

function sentenceOf({ code, message }: { code?: unknown; message?: string }): string {
  return String(code).startsWith('HPE_') ? String(code) : `${code ?? ''} ${message ?? ''}`.trim()
}
