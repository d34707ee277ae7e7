/**
 * Chance at the parsers, for as long as you like: `npm run fuzz`, `-- --only http` or `url`, `-- --runs 10000000`,
 * `-- --seed N` for the same dice again. The first input of which something does not hold is printed and ends it.
 */
import { fuzzMachine } from './fuzz/http.ts'
import type { Below } from './fuzz/mutate.ts'
import { fuzzParsers } from './fuzz/url.ts'
import { randomOf } from './soak/random.mjs'

const KINDS: Readonly<Record<string, (below: Below, runs: number) => string>> = {
  http: fuzzMachine,
  url: fuzzParsers,
}

const args = process.argv.slice(2)
const optionOf = (name: string): string | undefined =>
  args.includes(name) ? args[args.indexOf(name) + 1] : undefined
const runs = Number(optionOf('--runs') ?? 1_000_000)
const seed = Number(optionOf('--seed') ?? Date.now() % 4_294_967_296)
const only = optionOf('--only')

// Most inputs are refused, and nobody reads where.
Error.stackTraceLimit = 0
console.log(`seed ${seed}`)
for (const [kind, fuzz] of Object.entries(KINDS)) {
  if (only !== undefined && only !== kind) continue
  const begun = performance.now()
  const result = fuzz(randomOf(seed).below, runs)
  console.log(`${kind}, ${((performance.now() - begun) / 1000).toFixed(0)} s: ${result}`)
}
