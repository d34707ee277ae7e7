/**
 * Digest authentication: proof of a password that does not travel (RFC 7616; without qop as in RFC 2069). Values in, a field
 * value out; the hash function and chance are arguments.
 *
 * What is left out: `auth-int`, where the body is not text or bytes; then `auth` has to be offered.
 */
import { decodeUtf8, encodeUtf8 } from '@sluice/socket/bytes'
import type { Challenge } from './challenge.ts'

/** Hash functions, the strongest first: that is the order in which they are chosen (RFC 7616 §3.7). */
const DIGEST_ALGORITHMS = ['SHA-512-256', 'SHA-256', 'MD5'] as const
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number]

/** Hashes bytes, and writes the hash in small hexadecimal digits. */
export type DigestHash = (algorithm: DigestAlgorithm, bytes: Uint8Array) => string

/** A challenge that can be answered. */
export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  readonly algorithm: DigestAlgorithm
  /** As it was written, to be sent back; nothing where it was left out, which means MD5. */
  readonly named: string | undefined
  /** Whether the secret is bound to the nonces of a session. */
  readonly isSession: boolean
  readonly qop: 'auth' | 'auth-int' | undefined
  /** Whether the user's name is sent as a hash. */
  readonly userhash: boolean
  /** Whether only the nonce was too old. */
  readonly stale: boolean
}

/** One answer. */
export interface DigestFacts {
  readonly username: string
  readonly password: string
  readonly method: string
  /** The request target as it is sent. */
  readonly uri: string
  /** How often this nonce was used, this time counted. */
  readonly count: number
  /** A nonce of our own. */
  readonly cnonce: string
  /** The body, for `auth-int`. */
  readonly body?: Uint8Array | undefined
}

/**
 * The strongest of the challenges that can be answered.
 *
 * @param canHash whether there is such a hash function
 * @param hasBody whether the body's bytes are at hand, for `auth-int`
 */
export function chooseDigest(
  challenges: readonly Challenge[],
  canHash: (algorithm: DigestAlgorithm) => boolean,
  hasBody: boolean,
): DigestChallenge | undefined {
  const readable = challenges.flatMap((challenge) => readDigest(challenge, hasBody) ?? [])
  const rank = ({ algorithm }: DigestChallenge): number => DIGEST_ALGORITHMS.indexOf(algorithm)
  return readable.filter(({ algorithm }) => canHash(algorithm)).sort((a, b) => rank(a) - rank(b))[0]
}

function readDigest(
  { scheme, parameters }: Challenge,
  hasBody: boolean,
): DigestChallenge | undefined {
  if (scheme.toLowerCase() !== 'digest') return undefined
  const realm = parameters.get('realm')
  const nonce = parameters.get('nonce')
  const named = parameters.get('algorithm')
  const [, base, session] = /^(.*?)(-sess)?$/i.exec(named ?? 'MD5') ?? []
  const algorithm = DIGEST_ALGORITHMS.find((known) => known === base?.toUpperCase())
  if (realm === undefined || nonce === undefined || algorithm === undefined) return undefined
  const offered = parameters.get('qop')
  const qops = offered?.toLowerCase().split(/[\s,]+/) ?? []
  const qop = qops.includes('auth')
    ? 'auth'
    : qops.includes('auth-int') && hasBody
      ? 'auth-int'
      : undefined
  // An empty list offers nothing; that is how some servers write "none".
  if (qop === undefined && offered !== undefined && offered.trim() !== '') return undefined
  // §3.4.2: without qop there is no nonce of ours, and so no session.
  if (qop === undefined && session !== undefined) return undefined
  return {
    realm,
    nonce,
    opaque: parameters.get('opaque'),
    algorithm,
    named,
    isSession: session !== undefined,
    qop,
    userhash: parameters.get('userhash')?.toLowerCase() === 'true',
    stale: parameters.get('stale')?.toLowerCase() === 'true',
  }
}

/** The value of `response` (RFC 7616 §3.4.1): 32 or 64 hexadecimal digits. */
export function digestResponse(
  challenge: DigestChallenge,
  facts: DigestFacts,
  hash: DigestHash,
): string {
  const { algorithm, nonce, qop, isSession } = challenge
  const { method, uri, count, cnonce, body = new Uint8Array(0) } = facts
  const H = (text: string): string => hash(algorithm, encodeUtf8(text))
  // §3.4.2
  const user = H(`${facts.username}:${textOf(challenge.realm)}:${facts.password}`)
  const secret = isSession ? H(`${user}:${nonce}:${cnonce}`) : user
  // §3.4.3
  const request = `${method}:${uri}${qop === 'auth-int' ? `:${hash(algorithm, body)}` : ''}`
  const middle = qop === undefined ? nonce : [nonce, countOf(count), cnonce, qop].join(':')
  return H(`${secret}:${middle}:${H(request)}`)
}

/**
 * The value of Authorization or Proxy-Authorization.
 *
 * @throws {RangeError} a user's name that can not stand in a field
 */
export function formatDigest(
  challenge: DigestChallenge,
  facts: DigestFacts,
  hash: DigestHash,
): string {
  const { realm, nonce, opaque, named, qop, userhash, algorithm } = challenge
  const { username, uri, count, cnonce } = facts
  const name = userhash
    ? `username=${quote(hash(algorithm, encodeUtf8(`${username}:${textOf(realm)}`)))}`
    : formatName(username)
  const parts = [
    name,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response=${quote(digestResponse(challenge, facts, hash))}`,
  ]
  if (named !== undefined) parts.push(`algorithm=${named}`)
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`)
  // §3.4: neither qop nor nc are in quotes; there are servers that read them no other way.
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${countOf(count)}`, `cnonce=${quote(cnonce)}`)
  if (userhash) parts.push('userhash=true')
  return `Digest ${parts.join(', ')}`
}

/** §3.4: beyond ASCII as RFC 8187 has it. */
function formatName(username: string): string {
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quote(username)}`
  const coded = Array.from(encodeUtf8(username), (byte) => {
    const character = String.fromCharCode(byte)
    const isPlain = byte < 0x80 && /[!#$&+\-.^_`|~\dA-Za-z]/.test(character)
    return isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
  return `username*=UTF-8''${coded}`
}

function countOf(count: number): string {
  return count.toString(16).padStart(8, '0')
}

function quote(text: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text))
    throw new RangeError(`${JSON.stringify(text)} can not stand in a field`)
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** A realm comes as bytes, each as a character; what is hashed is their text, where it is UTF-8. */
function textOf(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1
  const decoded = decodeUtf8(Uint8Array.from(latin1, (character) => character.charCodeAt(0)))
  return decoded.includes('\ufffd') ? latin1 : decoded
}
