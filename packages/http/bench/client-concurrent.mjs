// Claim: many requests at a time cost a `Pool` less CPU time than node:http and undici.
import { clients } from './clients.mjs'

export const claim = {
  what: 'a client, 64 requests at a time over kept connections, bodies of 200 bytes as text',
  unit: 'request',
  load: { kind: 'serve', connections: 1, bytes: 200 },
  candidates: clients(64),
  rows: [
    { ours: 'Pool', theirs: 'node:http', goal: { 20: 3.3, 26: 3.8 } },
    { ours: 'Pool', theirs: 'undici.request', goal: { 20: 1.5, 26: 1.7 } },
  ],
}
