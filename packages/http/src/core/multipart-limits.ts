/** Caps on a multipart body, their defaults and what others chose. `Infinity` turns one off. */

import { checkNumber } from './check-options.ts'

/** Caps on a multipart body. */
export interface MultipartLimits {
  /** Parts; default 1000, as Go and Django have it. */
  parts: number
  /** Bytes of the head of one part, and of what stands before the first of another type than form-data; default 16 KiB, as busboy has it. */
  headerBytes: number
  /** Fields in the head of one part; default 32. Browsers send two. */
  headerCount: number
  /** Bytes of a part without a file name; default 1 MiB, as busboy has it. */
  fieldSize: number
  /** Bytes of a part with a file name; default no limit of its own: `limits.body` of the server bounds the whole. */
  fileSize: number
  /** Bytes of the whole body; default no limit of its own, for the same reason. */
  total: number
}

const DEFAULT_MULTIPART: Readonly<MultipartLimits> = {
  parts: 1000,
  headerBytes: 16_384,
  /** Arbitrary. */
  headerCount: 32,
  fieldSize: 1_048_576,
  fileSize: Number.POSITIVE_INFINITY,
  total: Number.POSITIVE_INFINITY,
}

/** @throws {TypeError | RangeError} an unknown name, a value that is no number from 0 up */
export function normaliseMultipart(
  given: Partial<MultipartLimits> | undefined,
): Readonly<MultipartLimits> {
  const result = { ...DEFAULT_MULTIPART } as MultipartLimits
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(DEFAULT_MULTIPART, name))
      throw new TypeError(
        `limits: there is no limit '${name}'; there are ${Object.keys(DEFAULT_MULTIPART).join(', ')}`,
      )
    if (value !== undefined)
      result[name as keyof MultipartLimits] = checkNumber(`limits.${name}`, value)
  }
  return result
}
