/**
 * `@sluice/http/python`: the http layer under Python's names. `http` is Python's package; `kw` makes keyword arguments.
 * What waits in Python returns a promise.
 */

export * as http from './io/python/http.ts'
export { kw } from './io/python/keywords.ts'
