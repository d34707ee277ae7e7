/** A response into a file, with Python's report of blocks: `urlretrieve`, and `retrieve` of the older openers. */
import { open } from 'node:fs/promises'
import { ContentTooShortError } from './error.ts'
import { fieldOf } from './http-handlers.ts'
import type { FileLike, HTTPMessage } from './response.ts'

/** Bytes that are read at a time, and that the report is told. */
const BLOCK = 8192

/**
 * Writes what is left of a response into a file. The response stays open.
 *
 * @param report told the number of blocks so far, their size, and the length: -1 where it is unknown
 * @returns the name of the file, and the fields
 * @throws {ContentTooShortError} it ended before its Content-Length
 */
export async function retrieveInto(
  filename: string,
  response: FileLike & { info(): HTTPMessage },
  report: ((...args: number[]) => unknown) | null | undefined,
): Promise<[filename: string, headers: HTTPMessage]> {
  const headers = response.info()
  const length = fieldOf(headers, 'content-length')
  const size = length === null ? -1 : Number(length)
  const file = await open(filename, 'w')
  let read = 0
  try {
    for (let blocks = 0; ; blocks++) {
      await report?.(blocks, BLOCK, size)
      const block = (await response.read(BLOCK)) as Uint8Array
      if (block.length === 0) break
      read += block.length
      await file.writeFile(block)
    }
  } finally {
    await file.close()
  }
  if (size >= 0 && read < size)
    throw new ContentTooShortError(`retrieval incomplete: got only ${read} out of ${size} bytes`, [
      filename,
      headers,
    ])
  return [filename, headers]
}
