/**
 * `@sluice/socket`: the BSD verbs for TypeScript. TCP, UDP and Unix sockets with promises, deadlines and
 * errors that say what happened.
 */
export type { Attachment, ByteStream, Receiver, ShutdownHow, WaitOptions } from './io/stream.ts'
