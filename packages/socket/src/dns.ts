/**
 * `@sluice/socket/dns`: from names to addresses. The resolvers that `connect` can be given, a cache for any of
 * them, and the order of RFC 6724.
 */
export { type ResolvedAddress, sortAddresses } from './core/address-sort.ts'
export type { Answer, CacheLimits } from './core/dns-cache.ts'
export {
  CachingResolver,
  type CachingResolverOptions,
  DnsResolver,
  type DnsResolverOptions,
  type ResolveOptions,
  type Resolver,
  SystemResolver,
} from './io/resolve.ts'
