// Claim: what one read brought is answered with one write.
import { HELLO } from './servers.mjs'

export const claim = {
  what: 'hello, 64 connections with 16 requests at a time',
  unit: 'request',
  load: { kind: 'http', connections: 64, pipelined: 16 },
  candidates: HELLO,
  rows: [{ ours: 'serve', theirs: 'node:http', goal: { 20: 9, 26: 9 } }],
}
