/** What Python's package `http` has in this layer; `http.client`, `.server` and `.cookies` are in `@sluice/http/python`. */
export * as cookiejar from './cookiejar.ts'
