/**
 * Python's module `ssl`, put together. Here are the functions that look at names, dates and forms of certificates; contexts
 * are in `ssl-context.ts`, sockets in `ssl-socket.ts`. The rules for names are those of `core/tls-names.ts`; what is
 * Python's own is the fallback to a common name where a certificate has no other, which Python took out in 3.12 together
 * with these functions.
 */
import { EMPTY } from '../../core/bytes.ts'
import { AF_INET, AF_INET6 } from '../../core/constants.ts'
import { inetPton, isIPv4, isIPv6 } from '../../core/ip.ts'
import { formatPem, parsePem } from '../../core/pem.ts'
import { isWildcard, matchesDnsName, normalAddress } from '../../core/tls-names.ts'
import { ValueError } from './errors.ts'
import { bind, type Call } from './keywords.ts'
import { SSLCertVerificationError } from './ssl-errors.ts'
import { asValueError } from './translate.ts'

export * from './ssl-constants.ts'
export {
  _create_unverified_context,
  create_default_context,
  Purpose,
  SSLContext,
  TLSVersion,
} from './ssl-context.ts'
export {
  SSLCertVerificationError,
  SSLEOFError,
  SSLError,
  SSLSyscallError,
  SSLWantReadError,
  SSLWantWriteError,
  SSLZeroReturnError,
} from './ssl-errors.ts'
export * from './ssl-more.ts'
export { SSLSocket } from './ssl-socket.ts'
// The name of the class up to Python 3.6.
export { SSLCertVerificationError as CertificateError }

/** What `getpeercert()` gives: pairs of kind and name, and the subject as a list of lists of pairs. */
type PeerCertificate = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>

/**
 * Compares a name of a certificate with that of a host.
 *
 * @throws {SSLCertVerificationError} for a wildcard where none may be
 */
export function _dnsname_match(...args: Call<[dn: string, hostname: string]>): boolean {
  const given = bind('_dnsname_match', ['dn', 'hostname'], args)
  const [dn, hostname] = [String(given['dn'] ?? ''), String(given['hostname'])]
  if (!dn) return false
  if (dn.includes('*') && !isWildcard(dn) && dn !== '*.')
    throw new SSLCertVerificationError(`a wildcard must be the whole left-most label: '${dn}'.`)
  return matchesDnsName(dn, hostname)
}

/**
 * Checks that a certificate is for a host, as Python 3.7 to 3.11.
 *
 * @throws {SSLCertVerificationError} when it is not. {ValueError} for no certificate
 */
export function match_hostname(
  ...args: Call<[cert: PeerCertificate | null, hostname: string]>
): null {
  const { cert, hostname } = bind('match_hostname', ['cert', 'hostname'], args) as {
    cert: PeerCertificate | null
    hostname: string
  }
  const fields = new Map<string, unknown>(
    cert instanceof Map ? cert : Object.entries((cert ?? {}) as object),
  )
  if (fields.size === 0) throw new ValueError('empty or no certificate')
  const address = normalAddress(hostname)
  const seen: string[] = []
  const names = (fields.get('subjectAltName') ?? []) as readonly (readonly [string, string])[]
  for (const [kind, value] of names) {
    const same =
      kind === 'DNS'
        ? address === undefined && _dnsname_match(value, hostname)
        : kind === 'IP Address' && address !== undefined && addressOf(value) === address
    if (same) return null
    if (kind === 'DNS' || kind === 'IP Address') seen.push(value)
  }
  if (seen.length === 0)
    for (const [kind, value] of attributes(fields.get('subject'))) {
      if (kind !== 'commonName') continue
      if (_dnsname_match(value, hostname)) return null
      seen.push(value)
    }
  const expected = seen.length === 0 ? 'no name at all' : seen.map((name) => `'${name}'`).join(', ')
  throw new SSLCertVerificationError(`hostname '${hostname}' doesn't match ${expected}`)
}

/** Seconds since 1970 of a date as certificates are shown: `Jan  5 09:34:43 2018 GMT`. */
export function cert_time_to_seconds(...args: Call<[cert_time: string]>): number {
  const cert_time = String(bind('cert_time_to_seconds', ['cert_time'], args)['cert_time'])
  const found = /^([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})\s+(\d{4})\s+gmt$/i.exec(
    cert_time,
  )
  const month = MONTHS.indexOf((found?.[1] ?? '').toLowerCase())
  const [day = 0, hour = 0, minute = 0, second = 0, year = 0] = (found ?? []).slice(2).map(Number)
  const fits = month >= 0 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second <= 61
  if (!fits) throw new ValueError(`time data '${cert_time}' is not 'Mon DD HH:MM:SS YYYY GMT'`)
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  date.setUTCHours(hour, minute, second)
  return date.getTime() / 1000
}

/** Bytes of a certificate as PEM. */
export function DER_cert_to_PEM_cert(...args: Call<[der_cert_bytes: Uint8Array]>): string {
  const given = bind('DER_cert_to_PEM_cert', ['der_cert_bytes'], args)
  return formatPem('CERTIFICATE', given['der_cert_bytes'] as Uint8Array)
}

/** The bytes of a certificate in PEM, which has to begin and to end with it. */
export function PEM_cert_to_DER_cert(
  ...args: Call<[pem_cert_string: string]>
): Uint8Array<ArrayBuffer> {
  const given = bind('PEM_cert_to_DER_cert', ['pem_cert_string'], args)
  const text = String(given['pem_cert_string'])
  if (!text.startsWith('-----BEGIN CERTIFICATE-----'))
    throw new ValueError('Invalid PEM encoding; must start with -----BEGIN CERTIFICATE-----')
  if (!text.trim().endsWith('-----END CERTIFICATE-----'))
    throw new ValueError('Invalid PEM encoding; must end with -----END CERTIFICATE-----')
  return asValueError(() => parsePem(text)[0]?.der ?? EMPTY)
}

/**
 * The bytes of an address, IPv4 or IPv6.
 *
 * @throws {ValueError} for what is none
 */
export function _inet_paton(...args: Call<[ipname: string]>): Uint8Array<ArrayBuffer> {
  const ipname = String(bind('_inet_paton', ['ipname'], args)['ipname'])
  if (isIPv4(ipname)) return inetPton(AF_INET, ipname)
  if (isIPv6(ipname)) return inetPton(AF_INET6, ipname)
  throw new ValueError(`'${ipname}' is neither an IPv4 nor an IP6 address.`)
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

function addressOf(text: string): string | undefined {
  return normalAddress(text.trim())
}

function attributes(subject: unknown): [string, string][] {
  return ((subject ?? []) as [string, string][][]).flat()
}
