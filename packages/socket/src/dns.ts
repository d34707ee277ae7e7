/**
 * `@sluice/socket/dns`: names and addresses. The resolvers that `connect` can be given, a cache for any of them, the
 * order of RFC 6724, and the functions of netdb.h under their names.
 */

export { type ResolvedAddress, sortAddresses } from './core/address-sort.ts'
export {
  AF_UNSPEC,
  AI_ADDRCONFIG,
  AI_ALL,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  AI_PASSIVE,
  AI_V4MAPPED,
  NI_DGRAM,
  NI_NAMEREQD,
  NI_NOFQDN,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
} from './core/constants.ts'
export type { Answer, CacheLimits } from './core/dns-cache.ts'
export { type PortProtocol, protocolByName, serviceByName, serviceByPort } from './core/services.ts'
export {
  type AddressHints,
  type AddressInfo,
  getaddrinfo,
  getfqdn,
  gethostbyaddr,
  gethostbyname,
  gethostname,
  getnameinfo,
  type HostEntry,
  type NameOptions,
  networkInterfaces,
} from './io/names.ts'
export {
  CachingResolver,
  type CachingResolverOptions,
  DnsResolver,
  type DnsResolverOptions,
  type ResolveOptions,
  type Resolver,
  SystemResolver,
} from './io/resolve.ts'
export type { NetworkInterface } from './io/system.ts'
