/**
 * Where the data connection of a transfer leads, and how an address is told to a server.
 *
 * Rules it keeps:
 * - The host of a data connection is the host of the control connection. A PASV reply that names another one is either a
 *   server behind a translator that does not know its own address, or someone who wants us to connect to a victim
 *   (CVE-2020-8284): neither is to be followed.
 * - EPSV comes first, since it says no host at all; PASV is for servers that do not know it, and for IPv4 alone.
 */
/**
 * The command that tells a server where we listen.
 *
 * @param address ours
 * @returns `PORT` for IPv4, which every server knows; `EPRT` for IPv6
 * @see RFC 959 §4.1.2, RFC 2428 §2
 */
export function formatActive({
  family,
  hostname,
  port,
}: {
  family: 'IPv4' | 'IPv6'
  hostname: string
  port: number
}): string {
  if (family === 'IPv6') return `EPRT |2|${hostname.replace(/%.*$/, '')}|${port}|`
  return `PORT ${hostname.replaceAll('.', ',')},${port >> 8},${port & 255}`
}

/** Which passive commands are worth trying, in their order. */
export function planPassive(facts: {
  family: 'IPv4' | 'IPv6' | undefined
  /** Whether the server has refused EPSV before. */
  isExtendedRefused: boolean
}): readonly ('EPSV' | 'PASV')[] {
  if (facts.family === 'IPv6') return ['EPSV']
  return facts.isExtendedRefused ? ['PASV'] : ['EPSV', 'PASV']
}
