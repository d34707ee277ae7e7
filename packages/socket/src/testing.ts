/**
 * `@sluice/socket/testing`: streams without a network, lines that are bad, peers that follow a script, time by hand,
 * and a check of what a stream has to be.
 */
export { Link, type LinkOptions } from './core/link.ts'
export { type LinkPairOptions, linkPair } from './io/testing/bad-link.ts'
export {
  type CertificateWish,
  makeAuthority,
  makeCertificate,
  type TestCertificate,
} from './io/testing/certificates.ts'
export { type CheckStreamCase, checkStream, type StreamPair } from './io/testing/check-stream.ts'
export {
  type DatagramLink,
  type DatagramLinkOptions,
  datagramLink,
} from './io/testing/datagram-link.ts'
export { FakeClock } from './io/testing/fake-clock.ts'
export { type MemoryOptions, memoryPair } from './io/testing/memory.ts'
export {
  playScript,
  type ScriptedServer,
  type ScriptStep,
  scriptedServer,
} from './io/testing/scripted.ts'
