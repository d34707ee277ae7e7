/**
 * Chance at the machine of HTTP/1.1, for as long as you like: `npm run fuzz`, `-- --runs 10000000`, `-- --seed N` for the
 * same dice again. Each input is a message or two with a few changes; see fuzz/judge.ts for what has to hold of it.
 *
 * The first input of which it does not hold is printed with its seed, and ends it.
 */
import { makeInput } from './fuzz/inputs.ts'
import { judge } from './fuzz/judge.ts'
import { randomOf } from './soak/random.mjs'

const args = process.argv.slice(2)
const numberOf = (name: string, otherwise: number): number =>
  args.includes(name) ? Number(args[args.indexOf(name) + 1]) : otherwise
const runs = numberOf('--runs', 1_000_000)
const seed = numberOf('--seed', Date.now() % 4_294_967_296)

// Most inputs are refused, and nobody reads where.
Error.stackTraceLimit = 0
console.log(`seed ${seed}`)
const { below } = randomOf(seed)
const counts = { accepted: 0, both: 0, refused: 0, onlyNode: 0, cut: 0 }
const reasons = new Map<string, number>()
const begun = performance.now()
for (let i = 0; i < runs; i++) {
  const input = makeInput(below)
  // One in four also in pieces: it costs as much again.
  const cuts: number[] = []
  if (below(4) === 0)
    for (let at = below(40); at < input.bytes.length; at += 1 + below(40)) cuts.push(at)
  try {
    const { ours, node, both } = judge(input, cuts)
    counts.accepted += ours.found.length
    counts.both += both
    if (cuts.length > 0) counts.cut++
    if (node.found.length > both) counts.onlyNode += node.found.length - both
    if (ours.why !== undefined) {
      counts.refused++
      reasons.set(ours.why, (reasons.get(ours.why) ?? 0) + 1)
    }
  } catch (error) {
    console.log(`input ${i} of seed ${seed}, cut at [${cuts}], asked ${input.asked}:`)
    console.log(JSON.stringify(input.text))
    console.log(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
const seconds = (performance.now() - begun) / 1000
const { accepted, both, refused, onlyNode, cut } = counts
console.log(
  `${runs} inputs in ${seconds.toFixed(0)} s, ${cut} of them also in pieces: ${accepted} messages accepted, ` +
    `each as the RFC has it, ${both} of them by Node too and the same; ${onlyNode} by Node alone`,
)
console.log(`${refused} inputs refused, for ${reasons.size} reasons`)
