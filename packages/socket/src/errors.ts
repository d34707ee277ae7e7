/**
 * `@sluice/socket/errors`: the errors of the socket layer, and the guards that tell them apart. Loads in
 * any JavaScript runtime.
 */
export { type KnownCode, REASONS, reasonOf } from './core/error-codes.ts'
export {
  codeOf,
  isNetError,
  isProxyError,
  isTimeoutError,
  isTlsError,
  NetError,
  type NetErrorFacts,
  type Phase,
  ProxyError,
  TimeoutError,
  TlsError,
  UnexpectedEndError,
} from './core/errors.ts'
export {
  DEFAULT_TIMEOUTS,
  normaliseTimeout,
  type TimeoutOption,
  type TimeoutPhase,
  type Timeouts,
} from './core/timeouts.ts'
