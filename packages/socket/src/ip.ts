/**
 * `@sluice/socket/ip`: addresses without a socket. Text and bytes, networks, what kind of address it is, byte order.
 * Pure: it loads in any JavaScript runtime.
 */
export { formatEndpoint } from './core/address.ts'
export { type AddressClass, classifyAddress } from './core/address-class.ts'
export { htonl, htons, ntohl, ntohs } from './core/byte-order.ts'
export { inetAton, inetNtoa, inetNtop, inetPton, isIPv4, isIPv6 } from './core/ip.ts'
export {
  formatNetwork,
  type Network,
  NetworkList,
  networkContains,
  parseNetwork,
} from './core/network.ts'
