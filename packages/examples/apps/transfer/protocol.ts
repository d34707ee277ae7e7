/**
 * What sender and receiver say to each other: lines of JSON, and between them the bytes of a file. Pure.
 *
 *     receiver   { token }                            who has the ticket
 *     sender     { name, size }                       a file; { end: true } after the last
 *     receiver   { from, prefix }                     how much of it is here, and the SHA-256 of that much
 *     sender     { from }                             where it begins: there, or at 0 if that was something else
 *     sender     size - from bytes, { sha256 }        of the whole
 *     receiver   { ok }                               it lies under its name now
 *
 * A message of somebody else is looked at as what it is: any JSON at all. And a name from somebody else is a name, not a
 * path: it can't leave the folder.
 */

/** Bounds of what is read. */
export const LIMITS = { line: 4096, files: 1000 }

/** What the receiver has to have: where, the key that the sender will prove to have, and the proof that they were asked. */
export interface Ticket {
  hostname: string
  port: number
  /** SHA-256 of the sender's public key, base64. */
  pin: string
  /** 16 random bytes, base64url. */
  token: string
}

const TICKET = /^(?:\[([^[\]]+)\]|([^:[\]]+)):(\d{1,5})#([\w-]{43})\.([\w-]{22})$/

/** Writes a ticket as something that can be pasted into any shell. */
export function formatTicket({ hostname, port, pin, token }: Ticket): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  const key = pin.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  return `${host}:${port}#${key}.${token}`
}

/** @throws {SyntaxError} for text that is no ticket; what it holds is not repeated, since it may be most of a secret */
export function parseTicket(text: string): Ticket {
  const [, bracketed, plain, port, key = '', token = ''] = TICKET.exec(text) ?? []
  const hostname = bracketed ?? plain
  if (hostname === undefined || Number(port) > 65_535)
    throw new SyntaxError('that is no ticket; it looks like 127.0.0.1:4000#KEY.TOKEN')
  const pin = `${key.replaceAll('-', '+').replaceAll('_', '/')}=`
  return { hostname, port: Number(port), pin, token }
}

/** A file that is offered. */
export interface Offer {
  name: string
  size: number
}

/** How much of it is here already. */
export interface Want {
  from: number
  prefix: string
}

/** A message of which nothing is known yet. */
export type Fields = Record<string, unknown>

/** @throws {SyntaxError} for a line that is no object */
export function parseMessage(line: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new SyntaxError('the other side sent a line that is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('the other side sent something that is no message')
  return value as Fields
}

/** @returns the offer, or nothing after the last one */
export function parseOffer(message: Fields): Offer | undefined {
  if (message['end'] === true) return undefined
  return { name: checkName(textOf(message, 'name')), size: countOf(message, 'size') }
}

/** @param size how large the file is: nobody can have more of it */
export function parseWant(message: Fields, size: number): Want {
  return { from: countOf(message, 'from', size), prefix: hashOf(message, 'prefix') }
}

/** @param asked where the receiver would go on: it begins there, or anew */
export function parseStart(message: Fields, asked: number): number {
  const from = countOf(message, 'from', asked)
  if (from !== 0 && from !== asked) throw new SyntaxError('the sender begins where nobody asked')
  return from
}

/** @returns a SHA-256 in hex */
export function hashOf(message: Fields, key: string): string {
  const value = textOf(message, key)
  if (!/^[0-9a-f]{64}$/.test(value))
    throw new SyntaxError(`'${key}' of the other side is no SHA-256`)
  return value
}

export function textOf(message: Fields, key: string): string {
  const value = message[key]
  if (typeof value !== 'string') throw new SyntaxError(`the other side sent no '${key}'`)
  return value
}

function countOf(message: Fields, key: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = message[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most)
    throw new SyntaxError(`'${key}' of the other side is no count from 0 to ${most}`)
  return value
}

/**
 * A name that can stand in a folder of any system, and is nothing else than a name.
 *
 * @throws {SyntaxError} for paths, for names that a system or a shell would take for something else, for hidden files
 */
export function checkName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point.
  const isPath = /[/\\:\u0000-\u001f\u007f]/.test(name)
  const isOdd = /^[.\s-]|[.\s]$|\p{Surrogate}/u.test(name)
  // 255 bytes are what most file systems take; five of them are for `.part`.
  if (name === '' || isPath || isOdd || new TextEncoder().encode(name).length > 250)
    throw new SyntaxError(`${JSON.stringify(name.slice(0, 60))} is not a name for a file`)
  return name
}
