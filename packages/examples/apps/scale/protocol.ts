/** What is compared, and how it is told. Pure. */

/** What a request asks for: something that is waited for, or something that is computed. */
export const KINDS = ['waiting', 'computing'] as const
type Kind = (typeof KINDS)[number]

/** Who does it. */
export const WAYS = ['one loop', 'threads', 'processes'] as const
export type Way = (typeof WAYS)[number]

/** Milliseconds that a request waits, as for a database; and rounds of a hash, some milliseconds of a processor. */
export const AMOUNT = { waiting: 20, computing: 8000 }

/** How a way did with a kind. */
export interface Result {
  way: Way
  kind: Kind
  /** Answers a second. */
  rate: number
  /** Milliseconds in which 99 of 100 answers were there. */
  slow: number
}

/** @returns what the command line names, or nothing */
export function wayOf(word: string | undefined): Way | undefined {
  return WAYS.find((way) => way.replace(' ', '-') === word)
}

/** The value below which so many of the rest lie. @param share from 0 to 1 @param values at least one */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
}

/** A table of the results, each beside what one loop did in the same run. */
export function tableOf(results: readonly Result[]): string {
  const base = new Map(
    results.filter(({ way }) => way === 'one loop').map(({ kind, rate }) => [kind, rate]),
  )
  const lines = results.map(({ way, kind, rate, slow }) => {
    const ratio = rate / (base.get(kind) ?? rate)
    return `${kind.padEnd(11)}${way.padEnd(11)}${rate.toFixed(0).padStart(9)}${`${ratio.toFixed(2)} x`.padStart(9)}${slow.toFixed(0).padStart(9)} ms`
  })
  return [
    `${'work'.padEnd(11)}${'who'.padEnd(11)}  answers/s  to loop   99 % within`,
    ...lines,
  ].join('\n')
}
