/**
 * PEM (RFC 7468): DER in base64 between two lines that say what it is. Reading takes text around the blocks, as
 * files with several certificates have it, and anything that base64 may be broken by; writing gives lines of 64.
 */
import { type Bytes, decodeLatin1, encodeLatin1, kindOf } from './bytes.ts'
import { inside, malformed, readOne, TAG } from './der.ts'

/** One block. */
export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY` and others. */
  readonly label: string
  readonly der: Bytes
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g

/** Finds the blocks of a text. @throws {SyntaxError} when the inside of one is not base64 */
export function parsePem(text: string): PemBlock[] {
  return Array.from(text.matchAll(BLOCK), ([, label = '', base64 = '']) => ({
    label,
    der: decodeBase64(base64),
  }))
}

/** Writes one block. */
export function formatPem(label: string, der: Uint8Array): string {
  const lines = btoa(decodeLatin1(der)).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/**
 * Makes PEM of what a user gave: text is taken as it is, bytes may be either form.
 *
 * @param kind what DER is meant to be; a key tells its own form
 * @throws {TypeError | SyntaxError}
 */
export function toPem(name: string, given: unknown, kind: 'certificate' | 'key'): string {
  if (typeof given === 'string') return given
  if (!(given instanceof Uint8Array))
    throw new TypeError(`tls.${name} must be PEM text or bytes, not ${kindOf(given)}`)
  if (given[0] !== TAG.sequence) return decodeLatin1(given)
  return formatPem(kind === 'key' ? keyLabel(given) : 'CERTIFICATE', given)
}

/**
 * What a private key in DER is called in PEM: PKCS #8 (RFC 5958), plain or encrypted, PKCS #1 (RFC 8017) or SEC 1
 * (RFC 5915).
 */
function keyLabel(der: Uint8Array): string {
  const [first, second] = inside(readOne(der, TAG.sequence))
  if (first?.tag === TAG.sequence) return 'ENCRYPTED PRIVATE KEY'
  if (first?.tag !== TAG.integer) throw malformed('no private key')
  if (second?.tag === TAG.sequence) return 'PRIVATE KEY'
  return second?.tag === TAG.octets ? 'EC PRIVATE KEY' : 'RSA PRIVATE KEY'
}

function decodeBase64(text: string): Bytes {
  try {
    // Old blocks carry fields (`Proc-Type: 4,ENCRYPTED`) before an empty line: no certificate has them.
    return encodeLatin1(atob(text.replace(/\s+/g, '')))
  } catch {
    throw new SyntaxError('not PEM: what stands between BEGIN and END is not base64')
  }
}

/** Base64 of some bytes, as pins are written. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(decodeLatin1(bytes))
}
