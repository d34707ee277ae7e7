/** Messages on a connection: a line of JSON each, both ways. */
import { type Connection, text } from '@sluice/socket'
import { type Fields, LIMITS, parseMessage } from './protocol.ts'

/** Sends a message. */
export function tell(connection: Connection, message: object): Promise<void> {
  return connection.sendAll(`${JSON.stringify(message)}\n`)
}

/**
 * Waits for a message.
 *
 * @param gone what to say when the other side has hung up instead
 * @throws {SyntaxError} for a line that is none
 */
export async function hear(
  connection: Connection,
  gone: string,
  options: { signal?: AbortSignal; timeout?: number } = {},
): Promise<Fields> {
  const line = await connection.recvLine(LIMITS.line, { timeout: 60_000, ...options })
  if (line === null) throw new Error(gone)
  return parseMessage(text(line))
}
