/** Python's package `email`: of its modules the one that HTTP needs. */
export * as utils from './email-utils.ts'
