// Claim: so do requests that wait for one another.
import { clients } from './clients.mjs'

export const claim = {
  what: 'a client, one request after the other over a kept connection, bodies of 200 bytes as text',
  unit: 'request',
  load: { kind: 'serve', connections: 1, bytes: 200 },
  candidates: clients(1),
  rows: [
    { ours: 'Pool', theirs: 'node:http', goal: { 20: 2, 26: 2 } },
    { ours: 'Pool', theirs: 'undici.request' },
  ],
}
