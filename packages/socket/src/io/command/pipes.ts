/**
 * A stream between standard input and standard output, as nc does it: the end of the input is our end of the stream, the
 * end of the stream is ours. When nobody reads our output any more (`| head`), that is the end as well, and no failure.
 */
import type { Readable, Writable } from 'node:stream'
import type { ByteStream } from '../stream.ts'

/** Nobody reads our output any more. */
export class OutputClosed extends Error {}

/** What one side of a copy may do with the bytes. */
export interface CopyOptions {
  /** Each line end goes out as CRLF. */
  crlf?: boolean
  /** Milliseconds of silence from the peer before it is a TimeoutError; default: none. */
  idle?: number | undefined
}

/**
 * Copies both ways until the peer has finished, and, unless it has, until the input has ended.
 *
 * @throws {OutputClosed}; what breaks the stream
 */
export async function copyBoth(
  stream: ByteStream,
  input: Readable,
  output: Writable,
  { crlf = false, idle }: CopyOptions,
): Promise<void> {
  // The input may never end (a terminal): the peer's end is enough.
  const sending = send(stream, input, crlf)
  sending.catch(() => {})
  await receive(stream, output, idle)
  input.destroy()
  await Promise.race([sending.catch(() => {}), new Promise((resolve) => setImmediate(resolve))])
}

async function send(stream: ByteStream, input: Readable, crlf: boolean): Promise<void> {
  try {
    for await (const chunk of input as AsyncIterable<Uint8Array>)
      await stream.sendAll(crlf ? withCrlf(chunk) : chunk)
    await stream.shutdown('write')
  } catch (error) {
    // Input that was let go of is no failure; a stream that broke is told to the reader.
    if (input.destroyed || !stream.isOpen) return
    throw error
  }
}

/** Each line end as CRLF. */
export function withCrlf(chunk: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(chunk).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}

async function receive(
  stream: ByteStream,
  output: Writable,
  idle: number | undefined,
): Promise<void> {
  const options = idle === undefined ? undefined : { timeout: idle }
  for (
    let bytes = await stream.recv(65_536, options);
    bytes !== null;
    bytes = await stream.recv(65_536, options)
  )
    await write(output, bytes)
}

/** Writes to our output, as fast as it is read. @throws {OutputClosed} */
export function write(output: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(bytes, (error) => (error ? reject(new OutputClosed()) : resolve()))
  })
}
