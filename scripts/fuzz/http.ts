/** Chance at the machine of HTTP/1.1: each input is a message or two with a few changes; judge.ts has what has to hold. */
import { makeInput } from './inputs.ts'
import { judge } from './judge.ts'
import type { Below } from './mutate.ts'

/**
 * Gives the machine so many inputs.
 *
 * @returns what came of it, in words
 * @throws {Error} the first input of which something does not hold
 */
export function fuzzMachine(below: Below, runs: number): string {
  const counts = { accepted: 0, both: 0, refused: 0, onlyNode: 0, cut: 0 }
  const reasons = new Set<string>()
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
      if (ours.why === undefined) continue
      counts.refused++
      reasons.add(ours.why)
    } catch (cause) {
      const where = `input ${i}, cut at [${cuts}], asked ${input.asked}`
      throw new Error(`${where}: ${JSON.stringify(input.text)}`, { cause })
    }
  }
  const { accepted, both, refused, onlyNode, cut } = counts
  return (
    `${runs} messages, ${cut} of them also in pieces: ${accepted} accepted, each as the RFC has it, ` +
    `${both} of them by Node too and the same; ${onlyNode} by Node alone; ` +
    `${refused} inputs refused, for ${reasons.size} reasons`
  )
}
