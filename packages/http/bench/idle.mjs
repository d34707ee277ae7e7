// Claim: a connection that waits for its next request takes little memory.
import { HELLO } from './servers.mjs'

export const claim = {
  what: 'memory of a connection that has said nothing yet, 10 000 of them',
  unit: 'connection',
  load: { kind: 'idle', connections: 10_000 },
  candidates: HELLO,
  rows: [{ ours: 'serve', theirs: 'node:http', goal: { 20: 1.75, 26: 1.75 } }],
}
