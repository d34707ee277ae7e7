/**
 * `@sluice/socket/bytes`: bytes, text and messages on a stream, with no I/O behind them. Loads in any
 * JavaScript runtime.
 */
export {
  type Bytes,
  concat,
  copy,
  type Data,
  decodeLatin1,
  decodeUtf8,
  EMPTY,
  encodeLatin1,
  encodeUtf8,
  equal,
  indexOf,
  text,
  toBytes,
} from './core/bytes.ts'
export { delimited, type Framer, lengthPrefixed, lines } from './core/framing.ts'
export { ReceiveBuffer } from './core/receive-buffer.ts'
export { type EventOf, type StateOf, step, type Transitions } from './core/state.ts'
