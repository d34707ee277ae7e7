// Claim: so does fetching what an API answers.
import { fetches, load } from './fetches.mjs'

export const claim = {
  what: '`fetch`, 64 at a time over kept connections, 1 KiB of JSON, parsed',
  unit: 'request',
  load: { ...load, bytes: 1024, json: true },
  candidates: fetches((response) => response.json()),
  rows: [{ ours: 'Client', theirs: "the platform's fetch", goal: { 20: 8, 26: 5 } }],
}
