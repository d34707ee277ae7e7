/** Chance at the parsers of `@sluice/url`; what has to hold of each is in parsers.ts. */
import { type Below, mutate } from './mutate.ts'
import { PARSERS, type Parser } from './parsers.ts'

/**
 * Gives the parsers so many texts together.
 *
 * @returns what came of it, in words
 * @throws {Error} the first text of which something does not hold
 */
export function fuzzParsers(
  below: Below,
  runs: number,
  parsers: readonly Parser[] = PARSERS,
): string {
  let accepted = 0
  for (let i = 0; i < runs; i++) {
    const { name, seeds, refuses, read } = parsers[i % parsers.length] as Parser
    const text = mutate(below, seeds)
    try {
      if (read(text)) accepted++
    } catch (error) {
      if (!refuses?.(error))
        throw new Error(`${name}, input ${i}: ${JSON.stringify(text)}`, { cause: error })
    }
  }
  const refused = runs - accepted
  return `${runs} texts for ${parsers.length} parsers: ${accepted} read, ${refused} refused as they say`
}
