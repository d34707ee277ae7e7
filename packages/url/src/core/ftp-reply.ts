/**
 * Replies of an FTP server: lines in, replies out, and what a client reads in their texts.
 *
 *     220-Welcome          a reply of several lines begins with its code and a hyphen,
 *      to this server      goes on with anything,
 *     220 Log in.          and ends with the same code and a space
 *
 * Rules it keeps:
 * - The code decides, never the text (RFC 959 §4.2). The first digit says how it stands: 1 it has begun, 2 it is done,
 *   3 something more is wanted, 4 not now, 5 no.
 * - Text is read for four things that have no other place: a port, a path, a size, the features of the server.
 * - A server that never comes to an end is stopped by a count of lines; the length of a line is the reader's business.
 */
import { shown } from './shown.ts'

/** A reply, complete. */
export interface FtpReply {
  /** 100 to 599. */
  readonly code: number
  /** Its lines as they came, codes and all. */
  readonly lines: readonly string[]
  /** The text of the last line, for a sentence. */
  readonly text: string
}

/** What the first digit says. */
export type ReplyKind = 'preliminary' | 'completion' | 'intermediate' | 'transient' | 'permanent'

const KINDS: readonly ReplyKind[] = [
  'preliminary',
  'completion',
  'intermediate',
  'transient',
  'permanent',
]

/** Lines of one reply: a welcome of some hundred is known, a thousand are an attack. */
export const MAX_REPLY_LINES = 1000

/** How a reply stands. @see RFC 959 §4.2.1 */
export function kindOfReply({ code }: FtpReply): ReplyKind {
  return KINDS[Math.floor(code / 100) - 1] as ReplyKind
}

/** Puts lines together to replies. */
export class ReplyReader {
  #lines: string[] = []
  #code = ''

  /** Whether a reply has begun and is not complete. */
  get isWithin(): boolean {
    return this.#lines.length > 0
  }

  /**
   * Takes a line, without its end.
   *
   * @returns a reply when this was its last line
   * @throws {SyntaxError} for what no reply begins with; {RangeError} for one that has no end
   */
  push(line: string): FtpReply | undefined {
    if (this.#lines.length === 0) {
      if (!/^[1-5][0-9][0-9](?:[ -]|$)/.test(line))
        throw new SyntaxError(`${shown(line)} is no reply of an FTP server`)
      this.#code = line.slice(0, 3)
    }
    if (this.#lines.push(line) > MAX_REPLY_LINES) {
      this.#lines = []
      throw new RangeError(`a reply of more than ${MAX_REPLY_LINES} lines`)
    }
    const isLast = line.startsWith(this.#code) && line[3] !== '-' && /^(?: |$)/.test(line.slice(3))
    if (!isLast) return undefined
    const lines = this.#lines
    this.#lines = []
    return { code: Number(this.#code), lines, text: line.slice(4) }
  }
}

/**
 * The port of a reply to EPSV.
 *
 * @returns 1 to 65535, or `undefined` where there is none
 * @see RFC 2428 §3
 * @example parseExtendedPassive('Entering Extended Passive Mode (|||6446|)') // 6446
 */
export function parseExtendedPassive(text: string): number | undefined {
  const found = /\((.)\1\1([0-9]{1,5})\1\)/.exec(text)
  return found === null ? undefined : portOf(Number(found[2]))
}

/**
 * Address and port of a reply to PASV. What surrounds the six numbers differs from server to server.
 *
 * @see RFC 959 §4.1.2, RFC 1123 §4.1.2.6
 * @example parsePassive('Entering Passive Mode (127,0,0,1,4,1)') // { hostname: '127.0.0.1', port: 1025 }
 */
export function parsePassive(text: string): { hostname: string; port: number } | undefined {
  const found = /(?<![0-9])([0-9]{1,3}(?:, ?[0-9]{1,3}){5})(?![0-9])/.exec(text)
  const numbers = found?.[1]?.split(',').map(Number)
  if (numbers === undefined || numbers.some((n) => n > 255)) return undefined
  const [high, low] = numbers.slice(4) as [number, number]
  const port = portOf(high * 256 + low)
  return port === undefined ? undefined : { hostname: numbers.slice(0, 4).join('.'), port }
}

function portOf(value: number): number | undefined {
  return value >= 1 && value <= 65_535 ? value : undefined
}

/** The path in a reply to PWD or MKD: in quotes, with quotes within it doubled. @see RFC 959 Appendix II */
export function parsePath(text: string): string | undefined {
  const found = /^"((?:[^"]|"")*)"/.exec(text)
  return found?.[1]?.replaceAll('""', '"')
}

/** The size that many servers tell when a transfer begins. A hint: the transfer says what it was. */
export function parseTransferSize(text: string): number | undefined {
  const found = /\(([0-9]{1,16}) bytes\)/i.exec(text)
  const size = Number(found?.[1])
  return Number.isSafeInteger(size) ? size : undefined
}

/**
 * The features in a reply to FEAT, by their names in capitals; what stands behind a name is its value.
 *
 * @see RFC 2389 §3.2
 */
export function parseFeatures({ lines }: FtpReply): Map<string, string> {
  const features = new Map<string, string>()
  for (const line of lines.slice(1, -1)) {
    const found = /^ ?([^ ]+) ?(.*)$/.exec(line)
    if (found !== null) features.set((found[1] as string).toUpperCase(), found[2] as string)
  }
  return features
}
