/**
 * Cookies as text: the file of Netscape 4, which curl, wget, Python and browser extensions read and write, and JSON.
 *
 * A line of the Netscape file has seven fields with tabs between them: domain, whether names below it are meant, path,
 * secure, the second in which it ends (0: with the session), name, value. `#HttpOnly_` before a line is curl's addition.
 * It has no place for SameSite, nor for when a cookie came; JSON has.
 */
import { type Cookie, unfitPart } from './cookie.ts'

/** The first line; curl and Python look for it. */
const MAGIC = '# Netscape HTTP Cookie File'
const HTTP_ONLY = '#HttpOnly_'

/** Writes the file. */
export function formatNetscape(cookies: Iterable<Cookie>): string {
  const lines = [MAGIC, '# https://curl.se/docs/http-cookies.html', '']
  for (const cookie of cookies) {
    const { name, value, domain, hostOnly, path, secure, httpOnly, expires } = cookie
    const fields = [
      `${httpOnly ? HTTP_ONLY : ''}${hostOnly ? '' : '.'}${domain}`,
      hostOnly ? 'FALSE' : 'TRUE',
      path,
      secure ? 'TRUE' : 'FALSE',
      // Rounded up: 0 would make a cookie of the session of one that ended in 1970.
      expires === undefined ? '0' : String(Math.max(1, Math.ceil(expires / 1000))),
      name,
      value,
    ]
    lines.push(fields.join('\t'))
  }
  return `${lines.join('\n')}\n`
}

/** URL standard, "forbidden host code points", but for those around and in an IPv6 address. */
const HOST_NAME = /^[^\s#%/;<>?@\\^|]+$/
/** ECMA-262 §21.4.1.1: no later time has a date. */
const LAST_DATE = 8.64e15

/**
 * Reads the file.
 *
 * @param now when the cookies are taken to have come, in milliseconds since 1970: the file does not say
 * @throws {SyntaxError} a line that is none, by its number; what it holds is not told, since it may be a secret
 */
export function parseNetscape(text: string, now: number): Cookie[] {
  const cookies: Cookie[] = []
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const httpOnly = whole.startsWith(HTTP_ONLY)
    const line = httpOnly ? whole.slice(HTTP_ONLY.length) : whole
    if (line.trim() === '' || line.startsWith('#')) continue
    cookies.push(readLine(line, httpOnly, now, `line ${index + 1}`))
  }
  return cookies
}

function readLine(line: string, httpOnly: boolean, now: number, where: string): Cookie {
  const fields = line.split('\t')
  if (fields.length < 6 || fields.length > 7)
    throw new SyntaxError(
      `${where} has ${fields.length} fields with tabs between them; a cookie has 7`,
    )
  const [domain = '', below = '', path = '', secure = '', seconds = '', name = '', value = ''] =
    fields
  const isBelow = readFlag(below, where)
  if (!/^-?\d*(?:\.\d*)?$/.test(seconds))
    throw new SyntaxError(`${where}: the fifth field is no number of seconds`)
  const cookie = {
    name,
    value,
    domain: domain.replace(/^\./, ''),
    hostOnly: !isBelow,
    path,
    secure: readFlag(secure, where),
    httpOnly,
    sameSite: undefined,
    expires: Number(seconds) > 0 ? Math.min(Number(seconds) * 1000, LAST_DATE) : undefined,
    created: now,
    lastUsed: now,
  }
  return checkCookie(cookie, where)
}

function readFlag(text: string, where: string): boolean {
  if (/^true$/i.test(text)) return true
  if (/^false$/i.test(text)) return false
  throw new SyntaxError(`${where}: the second and fourth field are TRUE or FALSE`)
}

/** The JSON form; dates as ISO 8601 writes them, so that a person can read the file. */
export interface CookiesJson {
  /** One by one, the oldest first. */
  readonly cookies: readonly CookieJson[]
}

/** One cookie in JSON. */
export interface CookieJson extends Omit<Cookie, 'expires' | 'created' | 'lastUsed' | 'sameSite'> {
  /** What the server said; left out where it said nothing. */
  readonly sameSite?: Cookie['sameSite']
  /** When it ends, as ISO 8601 has it; left out: with the session. */
  readonly expires?: string | undefined
  /** When it first came. */
  readonly created: string
  /** When it was last sent, or came. */
  readonly lastUsed: string
}

/** Makes the JSON form. */
export function toJson(cookies: Iterable<Cookie>): CookiesJson {
  return {
    cookies: Array.from(cookies, ({ sameSite, expires, created, lastUsed, ...rest }) => ({
      ...rest,
      ...(sameSite === undefined ? {} : { sameSite }),
      ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
      created: new Date(created).toISOString(),
      lastUsed: new Date(lastUsed).toISOString(),
    })),
  }
}

/**
 * Reads the JSON form.
 *
 * @throws {SyntaxError} what is none of it; values are not told, since they may be secrets
 */
export function fromJson(json: unknown): Cookie[] {
  const list = (json as { cookies?: unknown } | null)?.cookies
  if (!Array.isArray(list)) throw new SyntaxError("it has no list 'cookies'")
  return list.map((one: unknown, index) => readJson(one, `cookie ${index + 1}`))
}

function readJson(one: unknown, where: string): Cookie {
  if (typeof one !== 'object' || one === null) throw new SyntaxError(`${where} is no object`)
  const { sameSite, expires, created, lastUsed, ...rest } = one as Record<string, unknown>
  if (sameSite !== undefined && !['strict', 'lax', 'none'].includes(String(sameSite)))
    throw new SyntaxError(`${where}: sameSite is strict, lax or none`)
  const came = readTime(created, 'created', where)
  const cookie = {
    name: rest['name'],
    value: rest['value'],
    domain: rest['domain'],
    path: rest['path'],
    hostOnly: rest['hostOnly'],
    secure: rest['secure'],
    httpOnly: rest['httpOnly'],
    sameSite: sameSite as Cookie['sameSite'],
    expires: expires === undefined ? undefined : readTime(expires, 'expires', where),
    created: came,
    lastUsed: lastUsed === undefined ? came : readTime(lastUsed, 'lastUsed', where),
  }
  return checkCookie(cookie, where)
}

function readTime(value: unknown, name: string, where: string): number {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) throw new SyntaxError(`${where}: ${name} is no date`)
  return time
}

/** What was read from a file is trusted no more than what came from a server. */
function checkCookie(cookie: Record<keyof Cookie, unknown>, where: string): Cookie {
  for (const key of ['name', 'value', 'domain', 'path'] as const)
    if (typeof cookie[key] !== 'string') throw new SyntaxError(`${where}: ${key} is no text`)
  for (const key of ['hostOnly', 'secure', 'httpOnly'] as const)
    if (typeof cookie[key] !== 'boolean')
      throw new SyntaxError(`${where}: ${key} is neither true nor false`)
  const known = cookie as unknown as Cookie
  const { name, value, domain, path } = known
  const unfit = unfitPart(name, value)
  if (unfit !== undefined) throw new SyntaxError(`${where}: ${unfit}`)
  if (!HOST_NAME.test(domain) || unfitPart('a', domain) !== undefined)
    throw new SyntaxError(`${where}: its domain is no host name`)
  if (!/^\/[^;]*$/.test(path) || unfitPart('a', path) !== undefined)
    throw new SyntaxError(`${where}: its path does not begin with a slash, or can not stand there`)
  return { ...known, domain: domain.toLowerCase() }
}
