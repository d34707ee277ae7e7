/**
 * `@sluice/socket/python`: the socket layer under Python's names. `socket`, `ssl`, `selectors`, `socketserver`, `builtins`
 * (exceptions) and `codecs` are Python's modules; `kw` makes keyword arguments. What waits in Python returns a promise.
 *
 * The rest is for the Python doors of the layers above: `bind` sorts arguments, `callable` lets a class be
 * called without `new`, `classAttributes` shows statics on instances, `asValueError` turns the core's refusals into Python's.
 */
export type { ConnectArguments } from './io/python/arguments.ts'
export * as builtins from './io/python/builtins.ts'
export { classAttributes } from './io/python/class-attributes.ts'
export * as codecs from './io/python/codecs.ts'
export {
  bind,
  type Call,
  type Callable,
  callable,
  type Given,
  isKeywords,
  type Keywords,
  kw,
} from './io/python/keywords.ts'
export * as selectors from './io/python/selectors.ts'
export * as socket from './io/python/socket.ts'
export * as socketserver from './io/python/socketserver.ts'
export * as ssl from './io/python/ssl.ts'
export { asValueError } from './io/python/translate.ts'
