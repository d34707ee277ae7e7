/**
 * What the methods promise. A method that is not in the table promises nothing: it is neither safe nor
 * idempotent, and a retry of it may do harm.
 *
 * Source: RFC 9110 §9.2 and §9.3, RFC 5789, the IANA method registry.
 */
import { TOKEN } from './abnf.ts'

/** What is known of a method. */
export interface MethodFacts {
  /** Asks for nothing to be changed (RFC 9110 §9.2.1). */
  safe: boolean
  /** Once or many times is the same (§9.2.2). */
  idempotent: boolean
  /** A request usually has content, so that an empty one says `Content-Length: 0` (§8.6). */
  content: boolean
}

const facts = (safe: boolean, idempotent: boolean, content: boolean): MethodFacts => ({
  safe,
  idempotent,
  content,
})

const METHODS: ReadonlyMap<string, MethodFacts> = new Map([
  ['GET', facts(true, true, false)],
  ['HEAD', facts(true, true, false)],
  ['OPTIONS', facts(true, true, false)],
  ['TRACE', facts(true, true, false)],
  ['QUERY', facts(true, true, true)],
  ['PUT', facts(false, true, true)],
  ['DELETE', facts(false, true, false)],
  ['POST', facts(false, false, true)],
  ['PATCH', facts(false, false, true)],
  ['CONNECT', facts(false, false, false)],
])

const UNKNOWN: MethodFacts = facts(false, false, false)

/** @returns what the method promises; nothing for one that is unknown */
export function methodFacts(method: string): MethodFacts {
  return METHODS.get(method) ?? UNKNOWN
}

// WHATWG Fetch, "normalize a method": these six, and no others, are accepted in any case.
const NORMALISED = /^(?:delete|get|head|options|post|put)$/i

/**
 * Checks a method and writes the six that fetch normalises in capitals; others are case-sensitive.
 *
 * @throws {TypeError} text that is not a token
 */
export function normaliseMethod(method: string): string {
  if (METHODS.has(method)) return method
  if (typeof method !== 'string' || !TOKEN.test(method))
    throw new TypeError(`method ${JSON.stringify(method)} is not a token`)
  return NORMALISED.test(method) ? method.toUpperCase() : method
}
