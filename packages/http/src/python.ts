/**
 * `@sluice/http/python`: the http layer under Python's names. `http` is Python's package, `email` as much of
 * another one as it needs; `kw` makes keyword arguments.
 * What waits in Python returns a promise.
 */

export type { MessageBody } from './io/python/client-connection.ts'
export * as email from './io/python/email.ts'
export * as http from './io/python/http.ts'
export { kw } from './io/python/keywords.ts'
