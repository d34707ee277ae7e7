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
 * Copies both ways until the peer has finished. The input stays open: the next connection goes on with it.
 *
 * @throws {OutputClosed}; what breaks the stream, or the input
 */
export async function copyBoth(
  stream: ByteStream,
  input: Readable,
  output: Writable,
  { crlf = false, idle }: CopyOptions,
): Promise<void> {
  // The input may never end (a terminal): the peer's end is enough.
  const stop = feed(stream, input, crlf)
  try {
    await receive(stream, output, idle)
    // What is here already is still sent.
    await new Promise(setImmediate)
  } finally {
    stop()
  }
}

/** Sends what the input brings, and its end. @returns how to leave the rest to whoever comes next */
function feed(stream: ByteStream, input: Readable, crlf: boolean): () => void {
  let isWanted = true
  // What breaks the stream is told to the reader.
  const finish = (): void => void stream.shutdown('write').catch(() => {})
  const fail = (error: Error): void => stream.destroy(error)
  const take = (chunk: Uint8Array): void => {
    input.pause()
    const goOn = (): void => void (isWanted && input.resume())
    stream.sendAll(crlf ? withCrlf(chunk) : chunk).then(goOn, () => {})
  }
  if (input.readableEnded) finish()
  input.on('data', take).on('end', finish).on('error', fail).resume()
  return () => {
    isWanted = false
    input.off('data', take).off('end', finish).off('error', fail).pause()
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
