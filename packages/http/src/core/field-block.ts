/**
 * A field section as it was received and checked: one string, and the few facts that framing and
 * keep-alive need. Everything else is cut out of the string when somebody asks.
 *
 * A program that answers the same client again and again sees the same header section again and again,
 * byte for byte. Since a block never changes, a connection keeps the last one and reuses it (the memo in
 * `message-reader.ts`), and with it whatever was already cut.
 */
import { CONTENT_LENGTH, trimOws } from './abnf.ts'
import { ProtocolError } from './errors.ts'

/** The fields that are recognised while a head is read, and their places in the scratch array. */
export const KNOWN = {
  host: 0,
  connection: 3,
  contentLength: 6,
  transferEncoding: 9,
  expect: 12,
  upgrade: 15,
} as const

/** A header or trailer section: ordered, case kept, looked up without regard to case. */
export class FieldBlock {
  readonly #head: string
  readonly #start: number
  /** Value of the first Host field, or undefined. */
  host: string | undefined
  /** How many Host fields there were; a request has one (RFC 9112 §3.2). */
  hostCount = 0
  /** The announced length, or -1. */
  contentLength = -1
  /** All Transfer-Encoding values as one list, or undefined. */
  transferEncoding: string | undefined
  /** Whether Connection has `close` (RFC 9110 §7.6.1). */
  close = false
  /** Whether Connection has `keep-alive`, which HTTP/1.0 needs to go on. */
  keepAlive = false
  /** Whether Connection has `upgrade`, without which Upgrade means nothing (RFC 9110 §7.8). */
  connectionUpgrade = false
  /** Value of Upgrade, or undefined. */
  upgrade: string | undefined
  /** Whether Expect is 100-continue. */
  expectsContinue = false
  #entries: readonly string[] | undefined

  /**
   * @param head complete and checked, to its empty line
   * @param start where its first field line begins; default 0: it has no start line
   */
  constructor(head: string, start = 0) {
    this.#head = head
    this.#start = start
  }

  /** The section alone, from its first field line to its empty line. */
  get section(): string {
    return this.#head.slice(this.#start)
  }

  /** The section as a flat list: name as received, name in lower case, value; three entries a field. */
  get entries(): readonly string[] {
    this.#entries ??= cutEntries(this.section)
    return this.#entries
  }

  /** How many field lines there are. */
  get count(): number {
    return this.entries.length / 3
  }

  /**
   * Looks a field up. Never throws.
   *
   * @param name in any case
   * @returns the value of a field, several ones joined by `, `; `undefined` when there is none
   */
  get(name: string): string | undefined {
    return lookUp(this.entries, name.toLowerCase())
  }

  /** Name and value of each line in the order of the wire. */
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    const entries = this.entries
    for (let i = 0; i < entries.length; i += 3)
      yield [entries[i] as string, entries[i + 2] as string]
  }
}

/** @returns the values of a folded name, joined by `, `, or `undefined` */
export function lookUp(entries: readonly string[], folded: string): string | undefined {
  let found: string | undefined
  for (let i = 1; i < entries.length; i += 3) {
    if (entries[i] !== folded) continue
    const value = entries[i + 1] as string
    found = found === undefined ? value : `${found}, ${value}`
  }
  return found
}

/** The section was checked byte by byte already: here it is only cut. */
function cutEntries(section: string): string[] {
  const entries: string[] = []
  for (let at = 0; at < section.length && section[at] !== '\r'; ) {
    const colon = section.indexOf(':', at)
    const end = section.indexOf('\r\n', colon)
    const name = section.slice(at, colon)
    entries.push(name, name.toLowerCase(), trimOws(section.slice(colon + 1, end)))
    at = end + 2
  }
  return entries
}

/**
 * Makes the block of a head.
 *
 * @param text the whole head, start line and all
 * @param start where the section begins in it
 * @param scratch where the scan found the known fields: start, end and count each
 * @throws {ProtocolError} a Content-Length that is not a number, or more than one
 */
export function makeBlock(text: string, start: number, scratch: Int32Array): FieldBlock {
  const block = new FieldBlock(text, start)
  block.hostCount = scratch[KNOWN.host + 2] as number
  if (block.hostCount > 0) block.host = cut(text, scratch, KNOWN.host)
  if (scratch[KNOWN.contentLength + 2] !== 0) readContentLength(block, text, scratch)
  if (scratch[KNOWN.transferEncoding + 2] !== 0)
    block.transferEncoding = cutList(
      block,
      'transfer-encoding',
      text,
      scratch,
      KNOWN.transferEncoding,
    )
  if (scratch[KNOWN.connection + 2] !== 0) readConnection(block, text, scratch)
  if (scratch[KNOWN.upgrade + 2] !== 0)
    block.upgrade = cutList(block, 'upgrade', text, scratch, KNOWN.upgrade)
  if (scratch[KNOWN.expect + 2] === 1)
    block.expectsContinue = cut(text, scratch, KNOWN.expect).toLowerCase() === '100-continue'
  return block
}

function cut(text: string, scratch: Int32Array, slot: number): string {
  return trimOws(text.slice(scratch[slot], scratch[slot + 1]))
}

/** A field that may stand on several lines (RFC 9110 §5.3) is one list. */
function cutList(
  block: FieldBlock,
  name: string,
  text: string,
  scratch: Int32Array,
  slot: number,
): string {
  if (scratch[slot + 2] === 1) return cut(text, scratch, slot)
  return block.get(name) ?? ''
}

/**
 * RFC 9110 §8.6 lets a recipient take `5, 5` or two equal lines for 5. Every copy is one more parser that
 * may pick another: we refuse, as the RFC also allows.
 */
function readContentLength(block: FieldBlock, text: string, scratch: Int32Array): void {
  if ((scratch[KNOWN.contentLength + 2] as number) > 1)
    throw new ProtocolError({ reason: 'more than one Content-Length' })
  const value = cut(text, scratch, KNOWN.contentLength)
  const length = Number(value)
  if (!CONTENT_LENGTH.test(value) || !Number.isSafeInteger(length))
    throw new ProtocolError({ reason: `Content-Length ${quoted(value)} is not a length` })
  block.contentLength = length
}

function readConnection(block: FieldBlock, text: string, scratch: Int32Array): void {
  const value = cutList(block, 'connection', text, scratch, KNOWN.connection)
  // The three values that nearly every message has.
  if (value === 'keep-alive' || value === 'Keep-Alive') block.keepAlive = true
  else if (value === 'close') block.close = true
  else
    for (const option of value.toLowerCase().split(',')) {
      const name = trimOws(option)
      if (name === 'close') block.close = true
      else if (name === 'keep-alive') block.keepAlive = true
      else if (name === 'upgrade') block.connectionUpgrade = true
    }
}

/** Text from the peer, short enough and plain enough for an error sentence. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}
