/**
 * `@sluice/url/python`: the url layer under Python's names. `urllib.parse`, `http.cookiejar` and `ftplib` are Python's modules; `kw`
 * makes keyword arguments. What waits in Python returns a promise.
 */
export * as ftplib from './io/python/ftplib.ts'
export * as http from './io/python/http.ts'
export { kw } from './io/python/keywords.ts'
export * as netrc from './io/python/netrc.ts'
export * as urllib from './io/python/urllib.ts'
