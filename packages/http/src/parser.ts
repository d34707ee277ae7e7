/**
 * `@sluice/http/parser`: HTTP/1.1 without a socket. One machine for both roles, its events and its limits.
 * Loads in any JavaScript runtime.
 */
export { Http1Machine, type MachineOptions, type Role } from './core/connection.ts'
export {
  IncompleteBodyError,
  isIncompleteBodyError,
  isProtocolError,
  ProtocolError,
  type Side,
} from './core/errors.ts'
export {
  type ClosedEvent,
  type DataEvent,
  type EndEvent,
  type FieldList,
  type Http1Event,
  type NeedDataEvent,
  type OutgoingEvent,
  type PausedEvent,
  RequestHead,
  ResponseHead,
} from './core/events.ts'
export { FieldBlock } from './core/field-block.ts'
export type { Framing } from './core/framing.ts'
export { DEFAULT_LIMITS, type Limits } from './core/limits.ts'
export { CLIENT, type ClientState, SERVER, type ServerState } from './core/state.ts'
