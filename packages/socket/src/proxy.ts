/**
 * `@sluice/socket/proxy`: SOCKS 4, 4a, 5 and 5h, the interface for hops of other makers, and the PROXY protocol.
 *
 * `connect(target, { proxy: 'socks5h://127.0.0.1:1080' })` needs nothing of this door.
 */
export type { Bytes } from './core/bytes.ts'
export { type Dialogue, Refusal, type Step } from './core/dialogue.ts'
export { isProxyError, ProxyError } from './core/errors.ts'
export {
  formatProxyHeader,
  type ProxyEnd,
  type ProxyHeader,
  parseProxyHeader,
} from './core/proxy-protocol.ts'
export { socks4 } from './core/socks4.ts'
export { type Credentials, SOCKS5_COMMANDS, socks5 } from './core/socks5.ts'
export type { ProxyProtocolOptions } from './io/connect-options.ts'
export { converse } from './io/converse.ts'
export { type Hop, type HopOptions, type ProxyTarget, socksHop } from './io/hops.ts'
