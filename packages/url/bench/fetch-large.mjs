// Claim: where the bytes are what costs, it is still half.
import { fetches, load } from './fetches.mjs'

export const claim = {
  what: '`fetch`, 64 at a time over kept connections, bodies of 100 KiB as an ArrayBuffer',
  unit: 'request',
  load: { ...load, bytes: 102_400 },
  candidates: fetches((response) => response.arrayBuffer()),
  rows: [{ ours: 'Client', theirs: "the platform's fetch", goal: { 20: 2, 26: 2 } }],
}
