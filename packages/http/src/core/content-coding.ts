/**
 * Content codings: what stands in Content-Encoding, and how much of it anybody should believe (RFC 9110 §8.4).
 *
 * A few kilobytes can unfold to gigabytes, and codings can be stacked. So there are three caps: on the number of
 * codings, on what comes out, and on the ratio of what comes out to what went in. The ratio counts only from a size on
 * that could hurt, since a page of blanks is harmless and compresses a thousandfold.
 */

/** A coding that can be undone. */
export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd'

/** Caps on what a coded body may become. */
export interface CodingLimits {
  /** Codings on top of each other; default 3. curl takes 5, Node's fetch any number. */
  codings: number
  /** Bytes that come out, of each coding; default 1 GiB. */
  decoded: number
  /** Bytes out for each byte in, once more than 16 MiB have come out; default 200, as Apache has it. DEFLATE can do 1032. */
  ratio: number
}

export const DEFAULT_CODING: CodingLimits = { codings: 3, decoded: 1_073_741_824, ratio: 200 }
/** From here on the ratio counts. */
const RATIO_FROM = 16_777_216

const NAMES: Readonly<Record<string, Coding>> = {
  gzip: 'gzip',
  // RFC 9110 §8.4.1.3: equivalent.
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
  zstd: 'zstd',
}

/**
 * Reads a Content-Encoding field.
 *
 * @returns the codings in the order in which they are to be undone, `undefined` where one of them is unknown: then the
 *   body is to be left as it is; an empty list where there is nothing to undo
 * @throws {RangeError} more codings than allowed
 */
export function planDecoding(
  field: string | null | undefined,
  { codings }: CodingLimits = DEFAULT_CODING,
): Coding[] | undefined {
  // Nearly always.
  if (!field) return []
  const names = field
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > codings)
    throw new RangeError(
      `${names.length} content codings on top of each other, of at most ${codings}`,
    )
  const known = names.map((name) => (Object.hasOwn(NAMES, name) ? NAMES[name] : undefined))
  return known.includes(undefined) ? undefined : (known.reverse() as Coding[])
}

/** Whether what has come out is more than a cap allows. @returns why, or nothing */
export function excess(
  received: number,
  decoded: number,
  limits: CodingLimits,
): string | undefined {
  if (decoded > limits.decoded) return `unfolds to more than ${limits.decoded} bytes`
  if (decoded > RATIO_FROM && decoded > received * limits.ratio)
    return `unfolds to more than ${limits.ratio} times its size`
  return undefined
}
