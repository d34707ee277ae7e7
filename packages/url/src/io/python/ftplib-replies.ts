/** Exceptions of Python's `ftplib`, and what it reads out of replies. */
import { builtins } from '@sluice/socket/python'

/** Base of them all; Python calls it `Error`. */
export class FtpError extends builtins.PythonError {}
Object.defineProperty(FtpError, 'name', { value: 'Error' })
/** A reply that was not to be expected. */
export class error_reply extends FtpError {}
/** A reply that begins with 4. */
export class error_temp extends FtpError {}
/** A reply that begins with 5. */
export class error_perm extends FtpError {}
/** What is no reply. */
export class error_proto extends FtpError {}

/** The size that a reply to RETR may tell, or null. @throws {error_reply} it is no 150 */
export function parse150(resp: string): number | null {
  if (!resp.startsWith('150')) throw new error_reply(resp)
  const [, digits] = /^150 .* \((\d+) bytes\)/i.exec(resp) ?? []
  return digits === undefined ? null : Number(digits)
}

/** Where a reply to PASV leads. @throws {error_reply} it is no 227. {error_proto} it leads nowhere */
export function parse227(resp: string): [host: string, port: number] {
  if (!resp.startsWith('227')) throw new error_reply(resp)
  const numbers = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(resp)?.slice(1)
  if (numbers === undefined) throw new error_proto(resp)
  return [numbers.slice(0, 4).join('.'), Number(numbers[4]) * 256 + Number(numbers[5])]
}

/**
 * Where a reply to EPSV leads: to another port of the same host.
 *
 * @throws {error_reply} it is no 229. {error_proto} it leads nowhere
 */
export function parse229(
  resp: string,
  peer: readonly [host: string, ...rest: unknown[]],
): [host: string, port: number] {
  if (!resp.startsWith('229')) throw new error_reply(resp)
  const left = resp.indexOf('(')
  const right = resp.indexOf(')', left + 1)
  const mark = resp[left + 1] as string
  if (left === -1 || right === -1 || mark !== resp[right - 1]) throw new error_proto(resp)
  const parts = resp.slice(left + 1, right).split(mark)
  if (parts.length !== 5) throw new error_proto(resp)
  const [, digits] = /^[ \t\n\r\f\v]*([+-]?\d+)[ \t\n\r\f\v]*$/.exec(parts[3] as string) ?? []
  if (digits === undefined)
    throw new builtins.ValueError(
      `invalid literal for int() with base 10: ${builtins.repr(parts[3])}`,
    )
  return [peer[0], Number(digits)]
}

/** The path in a reply to PWD or MKD; the empty text where there is none. @throws {error_reply} it is no 257 */
export function parse257(resp: string): string {
  if (!resp.startsWith('257')) throw new error_reply(resp)
  if (resp.slice(3, 5) !== ' "') return ''
  // A quote inside is two of them (RFC 959, appendix II).
  const [, path = ''] = /^"((?:[^"]|"")*)/s.exec(resp.slice(4)) ?? []
  return path.replaceAll('""', '"')
}
