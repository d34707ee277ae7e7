/**
 * Whether a certificate is for a host: RFC 9525 (which replaces RFC 6125), rule by rule.
 *
 * - Only the subject's alternative names count, never a common name (§2).
 * - Names are compared label by label without regard to case, and in their ASCII form (§6.3).
 * - A wildcard stands for exactly one label, is the whole of it and the left-most one (§6.3). `*` alone and names
 *   with a second wildcard or a piece of one (`f*.example`) match nothing.
 * - An address is compared as an address, with addresses only (§6.4): no wildcard, and no DNS name that looks like
 *   one.
 */
import type { CertificateNames } from './certificate.ts'
import { AF_INET6 } from './constants.ts'
import { inetNtop, inetPton, isIPv4, isIPv6 } from './ip.ts'
import { printable } from './quote.ts'

/**
 * Checks that a certificate is for a host.
 *
 * @param names what the certificate is for
 * @param hostname a name, with or without a final dot, or an address, with or without brackets
 * @returns nothing when it is, else the reason in plain words. Never throws
 * @see RFC 9525 §6
 * @example console.log(checkServerName({ dns: ['*.example'], ip: [] }, 'www.example'))
 */
export function checkServerName(names: CertificateNames, hostname: string): string | undefined {
  const address = normalAddress(hostname)
  if (address !== undefined) {
    if (names.ip.some((ip) => normalAddress(ip) === address)) return undefined
  } else {
    const name = hostname.replace(/\.$/, '')
    if (names.dns.some((pattern) => matchesDnsName(pattern, name))) return undefined
  }
  const all = [...names.dns, ...names.ip]
  return all.length === 0
    ? `the certificate has no name of a host, so it is not for ${printable(hostname)}`
    : `the certificate is for ${listed(all)}, not for ${printable(hostname)}`
}

/** Compares a name of a certificate with the name of a host; neither is an address. */
export function matchesDnsName(pattern: string, hostname: string): boolean {
  const wanted = lower(hostname)
  const given = lower(pattern)
  if (given === '' || wanted === '') return false
  if (!given.includes('*')) return given === wanted
  if (!isWildcard(given)) return false
  const dot = wanted.indexOf('.')
  return dot > 0 && wanted.slice(dot) === given.slice(1)
}

/** Whether a name has its wildcard where one may be: the whole left-most label, and others behind it. */
export function isWildcard(pattern: string): boolean {
  return pattern.startsWith('*.') && pattern.length > 2 && pattern.indexOf('*', 1) === -1
}

/** An address in one form for all its spellings; `undefined` for what is none. */
export function normalAddress(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  if (isIPv4(bare)) return bare
  return isIPv6(bare) ? inetNtop(AF_INET6, inetPton(AF_INET6, bare)) : undefined
}

/** How many names a sentence lists before it says `and 12 more`. */
const LISTED = 5

/** Names for a sentence. They come from a stranger: no control characters, and not all of a thousand. */
export function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, LISTED)
    .map((name) => printable(name))
    .join(', ')
  return names.length > LISTED ? `${shown} and ${names.length - LISTED} more` : shown
}

/** Only ASCII letters: a Kelvin sign is no k. */
function lower(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
