// Claim: a handler of `serve` answers more requests per second of CPU time than node:http doing the same work.
import { CANNED, HELLO } from './servers.mjs'

export const claim = {
  what: "hello, keep-alive, 64 connections; the load's fixed head of some 40 bytes",
  unit: 'request',
  load: { kind: 'http', connections: 64, pipelined: 1 },
  candidates: { ...HELLO, 'canned reply on node:net': CANNED },
  rows: [
    { ours: 'serve', theirs: 'node:http', goal: { 20: 1.8, 26: 1.5 } },
    { ours: 'serve', theirs: 'canned reply on node:net', goal: { 20: 0.92, 26: 0.92 } },
  ],
}
