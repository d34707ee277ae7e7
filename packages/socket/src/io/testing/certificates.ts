/**
 * Certificates for tests, made by the tests themselves: a small writer of DER (ITU-T X.690) for the one structure
 * of RFC 5280, signed by node:crypto. No program outside is asked, since a machine that builds may have none.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { AF_INET, AF_INET6 } from '../../core/constants.ts'
import { inetPton, isIPv4 } from '../../core/ip.ts'
import { checkKeys, checkTypes } from '../options.ts'

/** A certificate and its key, both as PEM, and what it takes to sign others. */
export interface TestCertificate {
  /** The certificate, as PEM. */
  cert: string
  /** Its key, as PEM (PKCS #8). */
  key: string
  /** The key pair: what signs. */
  privateKey: KeyObject
  /** And what everybody may know of it. */
  publicKey: KeyObject
  /** The common name of its subject. */
  name: string
}

/** What a certificate is to say. */
export interface CertificateWish {
  /** The common name of the subject. */
  name: string
  /** Who signs; left out, it signs itself. */
  issuer?: TestCertificate
  /** DNS names and IP addresses of the subject's alternative names. */
  names?: readonly string[]
  /** Valid from yesterday, for 30 days, unless this says otherwise. */
  from?: Date
  /** The last moment at which it is valid. */
  to?: Date
  /** Whether it may vouch for others; default false. */
  isCa?: boolean
  /** Use another's key pair instead of a new one, as a renewed certificate does. */
  keyOf?: TestCertificate
}

const WISHES = ['name', 'issuer', 'names', 'from', 'to', 'isCa', 'keyOf']
const DAY = 86_400_000
const [SEQUENCE, SET, INTEGER, BITS, OCTETS, OID, UTF8, UTC, TIME, TRUE] = [
  0x30, 0x31, 2, 3, 4, 6, 0x0c, 0x17, 0x18, 0xff,
] as const

/**
 * Makes a certificate of version 3 with a new key on P-256. For tests: nobody else should trust it.
 *
 * @param wish subject, names, time, and who signs
 * @returns the certificate and its key
 * @throws {TypeError} for a wish that is unknown, or a name that is no text
 * @see RFC 5280 §4.1
 * @example const { cert, key } = makeCertificate({ name: 'localhost', names: ['localhost', '127.0.0.1'] })
 */
export function makeCertificate(wish: CertificateWish): TestCertificate {
  checkKeys('makeCertificate', wish, WISHES)
  checkTypes('makeCertificate', wish, { name: 'string' })
  const pair = wish.keyOf ?? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { privateKey, publicKey } = pair
  const signer = wish.issuer?.privateKey ?? privateKey
  const from = wish.from ?? new Date(Date.now() - DAY)
  const to = wish.to ?? new Date(Date.now() + 30 * DAY)
  const ecdsaWithSha256 = der(SEQUENCE, oid('1.2.840.10045.4.3.2'))
  const body = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, [2])),
    der(INTEGER, [0x40, ...randomBytes(7)]),
    ecdsaWithSha256,
    distinguishedName(wish.issuer?.name ?? wish.name),
    der(SEQUENCE, time(from), time(to)),
    distinguishedName(wish.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, ...extensions(wish))),
  )
  const signature = sign('sha256', body, signer)
  const whole = der(SEQUENCE, body, ecdsaWithSha256, der(BITS, [0], signature))
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { cert: pem('CERTIFICATE', whole), key, privateKey, publicKey, name: wish.name }
}

/**
 * Makes somebody who may vouch for others: give its `cert` to clients as `ca`. Never throws.
 *
 * @param name its common name
 * @see RFC 5280 §4.2.1.9
 */
export function makeAuthority(name = 'Test CA'): TestCertificate {
  return makeCertificate({ name, isCa: true })
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function extensions({ isCa = false, names = [] }: CertificateWish): Buffer[] {
  const basic = isCa ? [der(1, [TRUE])] : []
  const list = [
    der(SEQUENCE, oid('2.5.29.19'), der(1, [TRUE]), der(OCTETS, der(SEQUENCE, ...basic))),
  ]
  if (names.length > 0)
    list.push(
      der(SEQUENCE, oid('2.5.29.17'), der(OCTETS, der(SEQUENCE, ...names.map(alternativeName)))),
    )
  return list
}

/** dNSName is [2], iPAddress is [7]. */
function alternativeName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, inetPton(AF_INET, name))
  return name.includes(':') ? der(0x87, inetPton(AF_INET6, name)) : der(0x82, Buffer.from(name))
}

function distinguishedName(commonName: string): Buffer {
  return der(SEQUENCE, der(SET, der(SEQUENCE, oid('2.5.4.3'), der(UTF8, Buffer.from(commonName)))))
}

/** UTCTime up to 2049, GeneralizedTime from then on. */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  const short = date.getUTCFullYear() < 2050
  return short ? der(UTC, Buffer.from(digits.slice(2))) : der(TIME, Buffer.from(digits))
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return der(OID, bytes)
}

/** Tag, length, content. */
function der(tag: number, ...parts: (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)))
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
