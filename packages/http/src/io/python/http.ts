/** Python's package `http`: its own names, and a namespace for each of its modules. */
export * as client from './client.ts'
export * as cookies from './cookies.ts'
export * as server from './server.ts'
export { HTTPMethod, HTTPStatus } from './status.ts'
