/** `@sluice/http/testing`: a handler asked without a socket, by the same machines that speak on the wire. */
export {
  type ConnectionPairOptions,
  connectionPair,
  type InjectOptions,
  inject,
} from './io/inject.ts'
