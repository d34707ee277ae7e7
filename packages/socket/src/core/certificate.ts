/**
 * X.509 certificates (RFC 5280) as plain records: who it is for, who vouches for it, how long, and the key inside.
 * Whether to trust it is not decided here: the runtime's TLS does the signatures and the chain, `tls-names.ts` the
 * names. Hash functions arrive as an argument.
 */

import { type Bytes, copy, decodeLatin1 } from './bytes.ts'
import { AF_INET, AF_INET6 } from './constants.ts'
import {
  type DerElement,
  dateOf,
  expectTag,
  hexOf,
  inside,
  malformed,
  oidOf,
  readOne,
  TAG,
  textOf,
} from './der.ts'
import { inetNtop } from './ip.ts'
import { formatPem, parsePem, toBase64 } from './pem.ts'

/** What a certificate says. */
export interface Certificate {
  /** The holder, by the short names of X.500: `{ CN: 'localhost', O: 'Example' }`. */
  readonly subject: Readonly<Record<string, string>>
  /** The one who vouches for it, in the same form. */
  readonly issuer: Readonly<Record<string, string>>
  /** What it is for: the subject's alternative names. A common name is no name of a host any more (RFC 9525 §2). */
  readonly names: CertificateNames
  /** The first moment it is good for. */
  readonly validFrom: Date
  /** The last one. */
  readonly validTo: Date
  /** Hexadecimal, upper case, as other tools show it. */
  readonly serialNumber: string
  /** SHA-256 of the whole, upper-case hexadecimal with colons. */
  readonly fingerprint256: string
  /** SHA-256 of the public key (SubjectPublicKeyInfo) in base64: what `pins` are compared with. */
  readonly spkiSha256: string
  /** Whether it may vouch for others. */
  readonly isCa: boolean
  /** The whole as PEM, for `ca` and `cert`. */
  readonly pem: string
  /** The whole as DER. */
  readonly der: Bytes
}

/** What a certificate is for. */
export interface CertificateNames {
  /** DNS names as they are written, wildcards among them. */
  readonly dns: readonly string[]
  /** Addresses in their usual text. */
  readonly ip: readonly string[]
}

/** SHA-256 of some bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** Short names of the attributes that occur (RFC 4519 §2); others keep their number. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
}
const SUBJECT_ALT_NAME = '2.5.29.17'
const BASIC_CONSTRAINTS = '2.5.29.19'
// Context tags: [0] version and [3] extensions of the certificate, [2] dNSName and [7] iPAddress of a name.
const VERSION = 0xa0
const EXTENSIONS = 0xa3
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87

/**
 * Reads one certificate; of PEM text with several, the first.
 *
 * @throws {SyntaxError} for what is none
 */
export function readCertificate(source: string | Uint8Array, sha256: Sha256): Certificate {
  const der = derOf(source)
  const outer = inside(readOne(der, TAG.sequence))
  const fields = inside(expectTag(outer, 0, TAG.sequence, 3))
  // §4.1: version is left out for version 1.
  const at = fields[0]?.tag === VERSION ? 1 : 0
  const serial = expectTag(fields, at, TAG.integer)
  const issuer = expectTag(fields, at + 2, TAG.sequence)
  const [from, to] = inside(expectTag(fields, at + 3, TAG.sequence))
  const subject = expectTag(fields, at + 4, TAG.sequence)
  const key = expectTag(fields, at + 5, TAG.sequence)
  if (from === undefined || to === undefined) throw malformed('no period of validity')
  const extensions = readExtensions(fields.slice(at + 6))
  return {
    subject: readName(subject),
    issuer: readName(issuer),
    names: readNames(extensions.get(SUBJECT_ALT_NAME)),
    validFrom: dateOf(from),
    validTo: dateOf(to),
    serialNumber: hexOf(serial.content)
      .replace(/^(00)+(?=..)/, '')
      .toUpperCase(),
    fingerprint256: hexOf(sha256(der), ':').toUpperCase(),
    spkiSha256: toBase64(sha256(key.whole)),
    isCa: readIsCa(extensions.get(BASIC_CONSTRAINTS)),
    pem: formatPem('CERTIFICATE', der),
    der,
  }
}

/** The name by which a person knows a holder: the common name, else whatever there is. */
export function shortName(name: Readonly<Record<string, string>>): string {
  return name['CN'] ?? name['O'] ?? Object.values(name)[0] ?? ''
}

function derOf(source: string | Uint8Array): Bytes {
  if (typeof source !== 'string' && source[0] === TAG.sequence) return copy(source)
  const text = typeof source === 'string' ? source : decodeLatin1(source)
  const block = parsePem(text).find(({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label))
  if (block === undefined)
    throw new SyntaxError('not a certificate: neither DER nor PEM with BEGIN CERTIFICATE')
  return block.der
}

function readName(element: DerElement): Record<string, string> {
  const result: Record<string, string> = {}
  for (const set of inside(element))
    for (const pair of inside(set)) {
      const [type, value] = inside(pair)
      if (type?.tag !== TAG.oid || value === undefined) throw malformed('a name without a type')
      const oid = oidOf(type)
      const name = ATTRIBUTES[oid] ?? oid
      const before = result[name]
      result[name] = before === undefined ? textOf(value) : `${before}, ${textOf(value)}`
    }
  return result
}

function readExtensions(fields: readonly DerElement[]): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  const wrapper = fields.find(({ tag }) => tag === EXTENSIONS)
  if (wrapper === undefined) return found
  for (const extension of inside(readOne(wrapper.content, TAG.sequence))) {
    const parts = inside(extension)
    const value = parts.at(-1)
    if (value?.tag !== TAG.octets) throw malformed('an extension without a value')
    const oid = oidOf(expectTag(parts, 0, TAG.oid))
    // §4.2: none may occur twice, or two readers would see two certificates.
    if (found.has(oid)) throw malformed(`the extension ${oid} twice`)
    found.set(oid, value.content)
  }
  return found
}

/** §4.2.1.6 */
function readNames(value: Uint8Array | undefined): CertificateNames {
  const dns: string[] = []
  const ip: string[] = []
  if (value !== undefined)
    for (const { tag, content } of inside(readOne(value, TAG.sequence))) {
      if (tag === DNS_NAME) dns.push(decodeLatin1(content))
      // A range of addresses (8 or 32 bytes) belongs to name constraints only.
      else if (tag === IP_ADDRESS && content.length === 4) ip.push(inetNtop(AF_INET, content))
      else if (tag === IP_ADDRESS && content.length === 16) ip.push(inetNtop(AF_INET6, content))
    }
  return { dns, ip }
}

/** §4.2.1.9: a true, which DER writes only where it is true. */
function readIsCa(value: Uint8Array | undefined): boolean {
  if (value === undefined) return false
  const [first] = inside(readOne(value, TAG.sequence))
  return first?.tag === TAG.boolean && first.content[0] === 0xff
}
