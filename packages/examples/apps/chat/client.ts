/** The client: two loops that know nothing of each other, one for each direction. */
import { clearLine, createInterface, cursorTo } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { type Connection, connect, onAbort, text } from '@sluice/socket'
import { printable } from './protocol.ts'

/** Where a client reads and writes: a terminal, or anything else. */
export interface Desk {
  input: Readable
  output: Writable & { isTTY?: boolean }
}

/**
 * Joins a chat until its end, that of the input, or of `signal`.
 *
 * @throws {NetError} when the server can't be reached, or is lost
 */
export async function joinChat(
  target: string,
  name: string,
  { input, output }: Desk,
  signal: AbortSignal,
): Promise<void> {
  await using connection = await connect(target, { signal, timeout: { connect: 5000 } })
  const keyboard = createInterface({ input, output, prompt: '', terminal: output.isTTY ?? false })
  const goodbye = (): void => keyboard.close()
  const callOff = onAbort(signal, goodbye)
  keyboard.on('SIGINT', goodbye)
  try {
    await connection.sendAll(`${name}\n`)
    const listening = listen(connection, (line) => {
      if (output.isTTY) {
        // Above what is being typed, which is then shown again.
        clearLine(output, 0)
        cursorTo(output, 0)
      }
      output.write(`${line}\n`)
      if (output.isTTY) keyboard.prompt(true)
    }).finally(goodbye)
    for await (const line of keyboard) await connection.sendAll(`${line}\n`)
    if (connection.isOpen) await connection.shutdown('write')
    // What was said before we left is still on its way.
    await listening
  } finally {
    callOff()
    keyboard.close()
  }
}

/** The server may be anybody: its lines are made printable again. */
async function listen(connection: Connection, show: (line: string) => void): Promise<void> {
  for (;;) {
    const line = await connection.recvLine(8192)
    if (line === null) return
    show(printable(text(line)))
  }
}
