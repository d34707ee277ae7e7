/** The command line of curl that makes the same request: to try it elsewhere, and to show it to somebody. */
import { maskTarget } from './mask-text.ts'

/** A request; that of a middleware is one. */
export interface CurlRequest {
  /** Where it goes. */
  readonly url: string | URL
  /** Default GET. */
  readonly method?: string | undefined
  /** Its fields. */
  readonly headers?: Iterable<readonly [string, string]> | undefined
  /** Text is shown; of anything else curl is told to read a file, `@body`. */
  readonly body?: unknown
  /** Whether redirects are followed; default: not. */
  readonly redirect?: string | undefined
}

/** Fields that prove who somebody is. */
const SECRET = /^(?:authorization|proxy-authorization|cookie)$/i
/** What a shell takes as it stands. */
const PLAIN = /^[\w@%+=:,./-]+$/

/**
 * Writes the command, for a POSIX shell.
 *
 * @param request where it goes, and how
 * @param options `secrets: true` shows passwords, tokens and cookies
 * @returns one line, unless a field or the body has more
 * @throws {RangeError} a character that no argument can hold (NUL)
 * @see curl(1)
 * @example console.log(formatCurl({ url: 'http://127.0.0.1:8080/', method: 'POST', body: 'a=1' }))
 */
export function formatCurl(request: CurlRequest, options: { secrets?: boolean } = {}): string {
  return formatCurlWith([], request, options)
}

/** The same, for who has options of curl's that are no part of a request. @param more as curl takes them, word by word */
export function formatCurlWith(
  more: readonly string[],
  request: CurlRequest,
  options: { secrets?: boolean } = {},
): string {
  const { url, method = 'GET', headers = [], body, redirect } = request
  const words = ['curl', ...more]
  const hasBody = body !== undefined && body !== null
  if (redirect === 'follow') words.push('-L')
  if (method === 'HEAD') words.push('-I')
  // A body makes a POST of it already, and -X would stay POST behind a redirect, too.
  else if (method !== (hasBody ? 'POST' : 'GET')) words.push('-X', method)
  for (const [name, value] of linesOf(headers)) {
    const shown = options.secrets || !SECRET.test(name) ? value : maskValue(value)
    // `Name;` is how curl sends an empty field; `Name:` would send none.
    words.push('-H', shown === '' ? `${name};` : `${name}: ${shown}`)
  }
  if (hasBody) words.push('--data-binary', typeof body === 'string' ? textOf(body) : '@body')
  const text = String(url)
  words.push(options.secrets ? text : maskTarget(text))
  return words.map(quote).join(' ')
}

/** As they are written, where the headers know. */
function linesOf(
  headers: Iterable<readonly [string, string]>,
): Iterable<readonly [string, string]> {
  const { raw } = headers as { raw?: () => [string, string][] }
  return typeof raw === 'function' ? raw.call(headers) : headers
}

/** A scheme stays, since it is what one looks for. */
function maskValue(value: string): string {
  const [, scheme] = /^(basic|bearer|digest|negotiate) /i.exec(value) ?? []
  return scheme === undefined ? '***' : `${scheme} ***`
}

/** A first `@` would be the name of a file. */
function textOf(body: string): string {
  if (body.startsWith('@')) return '@body'
  return body
}

function quote(word: string): string {
  if (word.includes('\0')) throw new RangeError('an argument of a command can hold no NUL')
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
