/** Python's package `urllib`: a namespace for its modules. */
export * as error from './error.ts'
export * as parse from './parse.ts'
export * as request from './request.ts'
export * as response from './response.ts'
export * as robotparser from './robotparser.ts'
