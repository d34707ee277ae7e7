// Claim: the same with the heads that browsers send, where reading the head is a larger part of the work.
import { BROWSER_HEADS, HELLO } from './servers.mjs'

export const claim = {
  what: 'hello, keep-alive, 64 connections; heads of 590 bytes, each different from the last',
  unit: 'request',
  load: { kind: 'http', connections: 64, pipelined: 1, heads: BROWSER_HEADS },
  candidates: HELLO,
  rows: [{ ours: 'serve', theirs: 'node:http', goal: { 20: 1.7, 26: 1.45 } }],
}
