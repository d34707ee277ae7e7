// Claim: fetching many small things costs a fraction of what the platform's `fetch` takes for it.
import { fetches, load } from './fetches.mjs'

export const claim = {
  what: '`fetch`, 64 at a time over kept connections, bodies of 200 bytes as text',
  unit: 'request',
  load: { ...load, bytes: 200 },
  candidates: fetches((response) => response.text()),
  rows: [{ ours: 'Client', theirs: "the platform's fetch", goal: { 20: 15, 26: 9 } }],
}
