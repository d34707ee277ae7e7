/**
 * A certificate as Python's `getpeercert` shows it: names as lists of lists of pairs, dates as text.
 */
import type { Certificate } from '../../core/certificate.ts'

/** What `getpeercert` gives. */
export interface PeerCertificateDict {
  /** Whose it is. */
  subject: readonly (readonly (readonly [string, string])[])[]
  /** Who vouches for it. */
  issuer: readonly (readonly (readonly [string, string])[])[]
  /** Always 3. */
  version: number
  /** Hexadecimal. */
  serialNumber: string
  /** `Jan  5 09:34:43 2018 GMT`. */
  notBefore: string
  /** The last moment it is good for. */
  notAfter: string
  /** Pairs of `DNS` or `IP Address` and a name. */
  subjectAltName?: readonly (readonly [string, string])[]
}

/** The names of X.500 in full, as OpenSSL has them. */
const LONG: Readonly<Record<string, string>> = {
  CN: 'commonName',
  C: 'countryName',
  L: 'localityName',
  ST: 'stateOrProvinceName',
  street: 'streetAddress',
  O: 'organizationName',
  OU: 'organizationalUnitName',
  DC: 'domainComponent',
}
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** A certificate as Python shows it. */
export function peerCertificate(certificate: Certificate): PeerCertificateDict {
  const { dns, ip } = certificate.names
  const names: (readonly [string, string])[] = [
    ...dns.map((name) => ['DNS', name] as const),
    ...ip.map((address) => ['IP Address', address] as const),
  ]
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    version: 3,
    serialNumber: certificate.serialNumber,
    notBefore: dateOf(certificate.validFrom),
    notAfter: dateOf(certificate.validTo),
    ...(names.length > 0 ? { subjectAltName: names } : {}),
  }
}

function nameOf(name: Readonly<Record<string, string>>): [string, string][][] {
  return Object.entries(name).map(([key, value]) => [[LONG[key] ?? key, value]])
}

function dateOf(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  const day = String(date.getUTCDate()).padStart(2)
  return `${MONTHS[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()} GMT`
}
