// How the corpus writes values that JSON has no word for, both ways: `decode` makes a value out of it, to be
// passed as an argument; `differs` compares an answer with what is written.
//
//   {"$bytes": base64}  {"$int": "…"}  {"$float": "nan"}  {"$dict": [[k, v], …]}  {"$set": […]}  {"$iter": […]}
//   {"$datetime": iso}  {"$fn": name}  {"$type": name, "fields": {…}, "attrs": {"port": {"value": 80}}}

/** Finds what a name of Python stands for: `urllib.parse.quote`, `SplitResult`. */
export type Lookup = (name: string) => unknown

/** An error as the corpus has it. The type, or a base of it, is what counts. */
export interface ExpectedError {
  type: string
  message: string
  bases: string[]
}

type Tagged = Record<string, unknown>

/** @returns the value that `written` stands for */
export function decode(written: unknown, lookup: Lookup): unknown {
  if (Array.isArray(written)) return written.map((element) => decode(element, lookup))
  if (typeof written !== 'object' || written === null) return written
  const tagged = written as Tagged
  if ('$bytes' in tagged) return fromBase64(String(tagged['$bytes']))
  if ('$int' in tagged) return BigInt(String(tagged['$int']))
  if ('$float' in tagged) return FLOATS[String(tagged['$float'])]
  if ('$dict' in tagged) return dict(tagged['$dict'] as [unknown, unknown][], lookup)
  if ('$iter' in tagged)
    return iterate((tagged['$iter'] as unknown[]).map((e) => decode(e, lookup)))
  if ('$set' in tagged) return new Set((tagged['$set'] as unknown[]).map((e) => decode(e, lookup)))
  if ('$datetime' in tagged) return new Date(String(tagged['$datetime']))
  if ('$fn' in tagged) return lookup(String(tagged['$fn']))
  if ('$type' in tagged) {
    const make = lookup(String(tagged['$type'])) as (...fields: unknown[]) => unknown
    return make(...Object.values(tagged['fields'] as Tagged).map((field) => decode(field, lookup)))
  }
  throw new TypeError(`the corpus has a value of an unknown kind: ${JSON.stringify(written)}`)
}

/** What can be gone through once, and has no length. */
function* iterate(values: readonly unknown[]): Generator<unknown> {
  yield* values
}

const FLOATS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
}

/** A dict with text keys is a plain object in the Python doors, unless that would lose a key or the order. */
function dict(entries: [unknown, unknown][], lookup: Lookup): unknown {
  const pairs = entries.map(([key, value]) => [decode(key, lookup), decode(value, lookup)] as const)
  const plain = pairs.every(([key]) => typeof key === 'string' && !/^(\d+|__proto__)$/.test(key))
  return plain ? Object.fromEntries(pairs) : new Map(pairs)
}

/** @returns in what way `actual` is not the value that `written` stands for, or `undefined` */
export function differs(actual: unknown, written: unknown): string | undefined {
  if (Array.isArray(written)) {
    if (!Array.isArray(actual) || actual.length !== written.length) return not(actual, written)
    return first(written.map((element, i) => differs(actual[i], element)))
  }
  if (typeof written !== 'object' || written === null)
    return Object.is(actual ?? null, written) ? undefined : not(actual, written)
  const tagged = written as Tagged
  if ('$bytes' in tagged) {
    const bytes = fromBase64(String(tagged['$bytes']))
    const same = actual instanceof Uint8Array && show(actual) === show(bytes)
    return same ? undefined : not(actual, bytes)
  }
  if ('$int' in tagged) return String(actual) === tagged['$int'] ? undefined : not(actual, written)
  if ('$float' in tagged) {
    const same = Object.is(actual, FLOATS[String(tagged['$float'])])
    return same ? undefined : not(actual, written)
  }
  if ('$datetime' in tagged) return momentDiffers(actual, String(tagged['$datetime']))
  if ('$dict' in tagged) return dictDiffers(actual, tagged['$dict'] as [unknown, unknown][])
  if ('$type' in tagged) return objectDiffers(actual, tagged)
  return not(actual, written)
}

/** A Date is a moment: of a date of Python's it has neither the zone nor whether there was one. */
function momentDiffers(actual: unknown, written: string): string | undefined {
  const wanted = Date.parse(/[+-]\d\d:\d\d$/.test(written) ? written : `${written}Z`)
  const same = actual instanceof Date && actual.getTime() === wanted
  return same ? undefined : not(actual, written)
}

/** Order counts, except among keys that a plain object sorts by itself. */
function dictDiffers(actual: unknown, written: [unknown, unknown][]): string | undefined {
  if (typeof actual !== 'object' || actual === null) return not(actual, written)
  const entries = actual instanceof Map ? [...actual] : Object.entries(actual)
  if (entries.length !== written.length) return not(actual, written)
  const sorted = !(actual instanceof Map) && written.some(([key]) => /^\d+$/.test(String(key)))
  return first(
    written.map(([key, value], i) => {
      const entry = sorted ? entries.find(([k]) => k === key) : entries[i]
      return differs(entry?.[0], key) ?? differs(entry?.[1], value)
    }),
  )
}

function objectDiffers(actual: unknown, written: Tagged): string | undefined {
  if (typeof actual !== 'object' || actual === null) return not(actual, written)
  const type = actual.constructor.name
  if (type !== written['$type']) return `a ${type}, not a ${String(written['$type'])}`
  const got = actual as Tagged
  const fields = Object.entries((written['fields'] ?? {}) as Tagged)
  const attributes = Object.entries((written['attrs'] ?? {}) as Record<string, Tagged>)
  return first([
    ...fields.map(([name, value]) => named(name, differs(got[name], value))),
    ...attributes.map(([name, wanted]) => {
      const method = name.endsWith('()') ? got[name.slice(0, -2)] : undefined
      const read = () => (typeof method === 'function' ? Reflect.apply(method, got, []) : got[name])
      return named(name, outcomeDiffers(read, wanted))
    }),
  ])
}

/** @returns in what way a call does not give the value, or does not throw the error, that is expected */
export function outcomeDiffers(run: () => unknown, expected: Tagged): string | undefined {
  const error = expected['error'] as ExpectedError | undefined
  let actual: unknown
  try {
    actual = run()
  } catch (thrown) {
    if (error === undefined) return `${showError(thrown)} instead of ${show(expected['value'])}`
    return isKind(thrown, error) ? undefined : `${showError(thrown)} instead of ${error.type}`
  }
  if (error !== undefined) return `${show(actual)} instead of ${error.type} (${error.message})`
  return differs(actual, expected['value'])
}

/** @returns in what way something that was thrown, or nothing, is not the error that is expected */
export function errorDiffers(thrown: unknown, expected: ExpectedError): string | undefined {
  if (thrown === undefined) return `no error instead of ${expected.type} (${expected.message})`
  return isKind(thrown, expected) ? undefined : `${showError(thrown)} instead of ${expected.type}`
}

/** Whether an error is of the expected type, or is one of its bases; `Exception` alone says nothing. */
function isKind(thrown: unknown, { type, bases }: ExpectedError): boolean {
  if (!(thrown instanceof Error)) return false
  // Some are written with their module: `ssl.SSLError`.
  const own = type.replace(/^.*\./, '')
  const wanted = [own, ...bases].filter((name) => name !== 'Exception')
  if (wanted.includes(thrown.name)) return true
  for (let p: unknown = Object.getPrototypeOf(thrown); p; p = Object.getPrototypeOf(p))
    if ((p as object).constructor.name === own) return true
  return false
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

const first = (found: (string | undefined)[]) => found.find((wrong) => wrong !== undefined)
const named = (name: string, wrong: string | undefined) => wrong && `${name}: ${wrong}`
const not = (actual: unknown, wanted: unknown) => `${show(actual)} instead of ${show(wanted)}`

function showError(error: unknown): string {
  return error instanceof Error ? `${error.name} (${error.message})` : String(error)
}

/** A value in one line, for a report. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('latin1')}`
  if (value instanceof Map) return `Map ${show([...value])}`
  if (typeof value === 'bigint') return String(value)
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 300 ? `${text.slice(0, 300)} …` : text
}
