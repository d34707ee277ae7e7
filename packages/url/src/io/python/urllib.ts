/** Python's package `urllib`: a namespace for its modules. */
export * as parse from './parse.ts'
