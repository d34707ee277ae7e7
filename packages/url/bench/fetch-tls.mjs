// Claim: TLS costs the same for both, and what is left is still far apart.
import { fetches, load } from './fetches.mjs'

// The load's certificate is its own.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'

export const claim = {
  what: '`fetch` over TLS, 64 at a time over kept connections, bodies of 200 bytes as text',
  unit: 'request',
  load: { ...load, bytes: 200, tls: true },
  candidates: fetches((response) => response.text()),
  rows: [{ ours: 'Client', theirs: "the platform's fetch", goal: { 20: 3, 26: 3 } }],
}
