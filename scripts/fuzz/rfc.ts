/**
 * HTTP/1.1 as RFC 9112 writes it down: a reader made of its grammar and nothing else, slow and strict, with no state and no
 * byte tables. What our machine accepts has to be what this reads, message by message; it shares no line with the machine.
 *
 * It takes nothing that the grammar does not have. The two liberties that the machine takes beyond it, as everybody does,
 * are marked.
 */

/** A message as every reader tells it. */
export interface Read {
  /** Method and target, or the status. */
  readonly what: string
  /** `name: value`, in the order of the wire. */
  readonly fields: readonly string[]
  /** One character for each byte. */
  body: string
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const VCHAR = '\\x21-\\x7e\\x80-\\xff'
/** RFC 9112 §3; RFC 3986 has no character of a target that is not visible ASCII. */
const REQUEST_LINE = new RegExp(`(${TOKEN}) ([\\x21-\\x7e]+) HTTP/1\\.([0-9])\\r\\n`, 'y')
/** RFC 9112 §4; the space before an empty reason may be missing, as old servers send it. */
const STATUS_LINE = new RegExp(`HTTP/1\\.([0-9]) ([1-9][0-9]{2})(?: [\\t ${VCHAR}]*)?\\r\\n`, 'y')
/** RFC 9110 §5.5: no white space at either end of a value. */
const VALUE = `(?:[${VCHAR}](?:[\\t ${VCHAR}]*[${VCHAR}])?)?`
const FIELD_LINE = new RegExp(`(${TOKEN}):[\\t ]*(${VALUE})[\\t ]*\\r\\n`, 'y')
/** RFC 9112 §5.2: a user agent takes a fold for spaces. */
const FOLDED_LINE = new RegExp(
  `(${TOKEN}):[\\t ]*((?:[\\t ${VCHAR}]|\\r\\n[\\t ])*)\\r\\n(?![\\t ])`,
  'y',
)
const QUOTED =
  '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"'
/** RFC 9112 §7.1.1. */
const CHUNK = new RegExp(
  `([0-9A-Fa-f]{1,16})(?:[\\t ]*;[\\t ]*${TOKEN}(?:[\\t ]*=[\\t ]*(?:${TOKEN}|${QUOTED}))?)*\\r\\n`,
  'y',
)
/** RFC 3986 §3.2.2, as far as it goes without counting: a name, an address, an address in brackets; and a port. */
const HOST = /^(?:\[[0-9A-Za-z:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::[0-9]*)?$/

/**
 * Reads requests, as far as they are complete and right.
 *
 * @param text one character for each byte
 * @param count how many; what is behind them may be anything
 */
export function readRequests(text: string, count: number): Read[] {
  const found: Read[] = []
  let at = 0
  while (found.length < count) {
    // RFC 9112 §2.2: empty lines before a request line.
    while (text.startsWith('\r\n', at)) at += 2
    const line = match(REQUEST_LINE, text, at)
    const section = line && fieldsAt(text, at + line[0].length, false)
    if (!line || !section) break
    const [, method = '', target = '', minor = ''] = line
    const body = requestBody(text, section, method, Number(minor))
    if (body === undefined) break
    found.push({ what: `${method} ${target}`, fields: section.lines, body: body.text })
    at = body.end
  }
  return found
}

/** Reads the final responses to one request, after which the connection has ended: none, or one. */
export function readResponse(text: string, method: string): Read[] {
  for (let at = 0; ; ) {
    const line = match(STATUS_LINE, text, at)
    const section = line && fieldsAt(text, at + line[0].length, true)
    if (!line || !section) return []
    const status = Number(line[2])
    if (status === 101) return []
    at = section.end
    if (status < 200) continue
    const body = responseBody(text, section, method, status)
    return body === undefined
      ? []
      : [{ what: String(status), fields: section.lines, body: body.text }]
  }
}

interface Section {
  readonly lines: string[]
  readonly end: number
  all(name: string): string[]
}

interface Body {
  readonly text: string
  readonly end: number
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function fieldsAt(text: string, from: number, isFoldable: boolean): Section | undefined {
  const lines: string[] = []
  const entries: [string, string][] = []
  let at = from
  for (;;) {
    const line = match(isFoldable ? FOLDED_LINE : FIELD_LINE, text, at)
    if (!line) break
    const [whole, name = '', given = ''] = line
    const value = given.replace(/[\t ]*\r\n[\t ]+/g, ' ').replace(/^[\t ]+|[\t ]+$/g, '')
    lines.push(`${name}: ${value}`)
    entries.push([name.toLowerCase(), value])
    at += whole.length
  }
  if (!text.startsWith('\r\n', at)) return undefined
  const all = (wanted: string): string[] =>
    entries.flatMap(([name, value]) => (name === wanted ? [value] : []))
  return { lines, end: at + 2, all }
}

/** RFC 9112 §6.3, for requests; RFC 9110 §7.2 for Host. */
function requestBody(
  text: string,
  { all, end }: Section,
  method: string,
  minor: number,
): Body | undefined {
  const hosts = all('host')
  if (hosts.length > 1 || (hosts.length === 0 && minor > 0)) return undefined
  if (hosts[0] !== undefined && !HOST.test(hosts[0])) return undefined
  const codings = all('transfer-encoding')
  const lengths = all('content-length')
  if (codings.length > 0) {
    // Both at once is what request smuggling is made of, and HTTP/1.0 has no transfer codings.
    if (lengths.length > 0 || minor === 0 || method === 'CONNECT') return undefined
    return /^chunked$/i.test(codings.join(', ')) ? chunksAt(text, end) : undefined
  }
  return lengths.length === 0 ? { text: '', end } : counted(text, end, lengths)
}

/** RFC 9112 §6.3, for responses. */
function responseBody(
  text: string,
  { all, end }: Section,
  method: string,
  status: number,
): Body | undefined {
  const codings = all('transfer-encoding')
  const lengths = all('content-length')
  if (method === 'HEAD' || status === 204 || status === 304) return { text: '', end }
  const rest = { text: text.slice(end), end: text.length }
  if (codings.length > 0) {
    if (lengths.length > 0) return undefined
    return /(?:^|,[\t ]*)chunked$/i.test(codings.join(', ')) ? chunksAt(text, end) : rest
  }
  return lengths.length === 0 ? rest : counted(text, end, lengths)
}

function counted(text: string, at: number, lengths: readonly string[]): Body | undefined {
  const [length = ''] = lengths
  if (lengths.length !== 1 || !/^[0-9]+$/.test(length)) return undefined
  const end = at + Number(length)
  return end > text.length ? undefined : { text: text.slice(at, end), end }
}

function chunksAt(text: string, from: number): Body | undefined {
  let body = ''
  for (let at = from; ; ) {
    const line = match(CHUNK, text, at)
    if (!line) return undefined
    const size = Number.parseInt(line[1] as string, 16)
    at += line[0].length
    if (size === 0) {
      // Trailers are fields; nobody frames by them.
      const trailers = fieldsAt(text, at, true)
      return trailers && { text: body, end: trailers.end }
    }
    const end = at + size
    if (!text.startsWith('\r\n', end)) return undefined
    body += text.slice(at, end)
    at = end + 2
  }
}
