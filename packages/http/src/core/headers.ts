/**
 * Header fields as a program handles them: in order, names in the case in which they were written, looked
 * up without regard to case. The members are those of the web's `Headers`, with the same results; `raw`
 * adds what that interface hides.
 *
 * Rules it keeps:
 * - Names and values are checked when they enter, so that nothing has to be checked when they leave: a
 *   CR LF inside a value is how a response is split in two (CWE-113).
 * - Values live in a list, not in an object, so that a field named `__proto__` is a field.
 * - Fields read from the wire are shared with the connection's memo until the first change copies them.
 */
import { trimOws } from './abnf.ts'
import type { FieldList } from './events.ts'
import { FieldBlock, lookUp } from './field-block.ts'
import { linked } from './linked.ts'
import { shownBy, shownFields } from './shown.ts'
import { checkField, formatFields, type OutgoingFields } from './writers.ts'

/** What a `Headers` is made from: pairs, an object, another Headers, or a block from the wire. */
export type HeadersInit =
  | FieldList
  | Iterable<readonly string[]>
  | Readonly<Record<string, string>>
  | FieldBlock

const Link: new () => object = /* @__PURE__ */ linked('Headers')

/** The lines of some headers ready to be sent; kept until the headers change. For the writers. */
export let outgoingFields: (headers: Headers) => OutgoingFields

/**
 * A list of header fields.
 *
 * @throws {TypeError} a name that is not a token, a value with control characters or beyond latin-1
 * @example
 * const headers = new Headers({ 'Content-Type': 'text/plain' })
 * headers.get('content-type') // 'text/plain'
 */
export class Headers extends Link {
  /** Flat: name, folded name, value; three entries a field. */
  #entries: string[] | undefined
  /** Where the entries are while nobody has changed them. */
  #block: FieldBlock | undefined
  #outgoing: OutgoingFields | undefined

  constructor(init?: HeadersInit) {
    super()
    if (init === undefined) this.#entries = []
    else if (init instanceof FieldBlock) this.#block = init
    else if (init instanceof Headers) this.#entries = [...init.#read()]
    else this.#fill(init)
  }

  #fill(init: Exclude<HeadersInit, FieldBlock>): void {
    if (typeof init !== 'object' || init === null)
      throw new TypeError('headers must be an object, a list of pairs, or Headers')
    this.#entries = []
    if (Symbol.iterator in init) {
      for (const pair of init as Iterable<readonly string[]>) {
        if (pair.length !== 2) throw new TypeError('each header is a pair of name and value')
        this.append(pair[0] as string, pair[1] as string)
      }
      return
    }
    for (const name of Object.keys(init))
      this.append(name, (init as Record<string, string>)[name] as string)
  }

  #read(): readonly string[] {
    return this.#entries ?? (this.#block as FieldBlock).entries
  }

  #write(): string[] {
    this.#outgoing = undefined
    this.#entries ??= [...(this.#block as FieldBlock).entries]
    return this.#entries
  }

  /** Adds a field behind those that are there. */
  append(name: string, value: string): void {
    const checked = check(name, value)
    this.#write().push(`${name}`, `${name}`.toLowerCase(), checked)
  }

  /** Removes every field of this name. */
  delete(name: string): void {
    const folded = checkName(name)
    if (!this.#has(folded)) return
    const entries = this.#write()
    for (let i = entries.length - 3; i >= 0; i -= 3)
      if (entries[i + 1] === folded) entries.splice(i, 3)
  }

  /** @returns the value; several fields of one name joined by `, `; `null` when there is none */
  get(name: string): string | null {
    return lookUp(this.#read(), checkName(name)) ?? null
  }

  /** @returns each `Set-Cookie` by itself: they are the one field that can not be joined (RFC 6265 §3) */
  getSetCookie(): string[] {
    const entries = this.#read()
    const values: string[] = []
    for (let i = 0; i < entries.length; i += 3)
      if (entries[i + 1] === 'set-cookie') values.push(entries[i + 2] as string)
    return values
  }

  has(name: string): boolean {
    return this.#has(checkName(name))
  }

  #has(folded: string): boolean {
    const entries = this.#read()
    for (let i = 1; i < entries.length; i += 3) if (entries[i] === folded) return true
    return false
  }

  /** Puts one field in the place of the first of this name, and removes the others. */
  set(name: string, value: string): void {
    const checked = check(name, value)
    const folded = `${name}`.toLowerCase()
    const entries = this.#write()
    let placed = false
    for (let i = 0; i < entries.length; ) {
      if (entries[i + 1] !== folded) i += 3
      else if (placed) entries.splice(i, 3)
      else {
        entries[i + 2] = checked
        placed = true
        i += 3
      }
    }
    if (!placed) entries.push(`${name}`, folded, checked)
  }

  forEach(callback: (value: string, name: string, parent: this) => void, thisArg?: unknown): void {
    for (const [name, value] of this.#sorted()) callback.call(thisArg, value, name, this)
  }

  /** Names in lower case and values joined, sorted by name, as the web's Headers has it. */
  entries(): ArrayIterator<[string, string]> {
    return this.#sorted()[Symbol.iterator]()
  }

  keys(): ArrayIterator<string> {
    return this.#sorted()
      .map(([name]) => name)
      [Symbol.iterator]()
  }

  values(): ArrayIterator<string> {
    return this.#sorted()
      .map(([, value]) => value)
      [Symbol.iterator]()
  }

  [Symbol.iterator](): ArrayIterator<[string, string]> {
    return this.entries()
  }

  get [Symbol.toStringTag](): string {
    return 'Headers'
  }

  /** Every field line as it is on the wire: in order, case kept, nothing joined. */
  raw(): [name: string, value: string][] {
    const entries = this.#read()
    const lines: [string, string][] = []
    for (let i = 0; i < entries.length; i += 3)
      lines.push([entries[i] as string, entries[i + 2] as string])
    return lines
  }

  // WHATWG Fetch, "sort and combine": Set-Cookie is never joined.
  #sorted(): [string, string][] {
    const entries = this.#read()
    const names = new Set<string>()
    for (let i = 1; i < entries.length; i += 3) names.add(entries[i] as string)
    const result: [string, string][] = []
    for (const name of [...names].sort()) {
      if (name !== 'set-cookie') result.push([name, lookUp(entries, name) as string])
      else for (const value of this.getSetCookie()) result.push([name, value])
    }
    return result
  }

  static {
    shownBy(Headers.prototype, 'Headers', (headers) => shownFields(headers.raw()))
    outgoingFields = (headers) => {
      headers.#outgoing ??= formatFields(headers.#read())
      return headers.#outgoing
    }
  }
}

/** @returns the lines of any list of fields, ready to be sent */
export function toOutgoing(fields: FieldList | Headers | undefined): OutgoingFields {
  return outgoingFields(fields instanceof Headers ? fields : new Headers(fields))
}

function checkName(name: string): string {
  checkField(`${name}`, '')
  return `${name}`.toLowerCase()
}

// WHATWG Fetch, "normalize": white space and line ends around a value are not part of it.
const isAround = (code: number): boolean =>
  code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d

function check(name: string, value: string): string {
  let text = `${value}`
  const first = text.charCodeAt(0)
  const last = text.charCodeAt(text.length - 1)
  if (first <= 0x20 || last <= 0x20) text = trimOws(text, isAround)
  checkField(`${name}`, text)
  return text
}
