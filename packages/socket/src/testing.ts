/**
 * `@sluice/socket/testing`: what a test of a protocol needs. Two ends without a network, a clock that is
 * turned by hand, and the conformance suite that any stream can be put through.
 */
export { type CheckStreamCase, checkStream, type StreamPair } from './io/testing/check-stream.ts'
export { FakeClock } from './io/testing/fake-clock.ts'
export { type MemoryOptions, memoryPair } from './io/testing/memory.ts'
