// What several parsers say of the same bytes, held against the RFC: verdicts in, counts and lines of text out.
// Nothing here runs a parser; `readers.ts` does.
import type { Http1Case } from '../conformance/http1.ts'

/** A message as far as every parser tells it: interim responses are left out, since a client keeps them to itself. */
export interface Seen {
  /** The request target, or the status. */
  readonly what: string
  /** The body, base64. */
  readonly body: string
}

/** What a parser made of a case. */
export interface Reading {
  /** `waits`: it has given no complete message and complained of nothing. */
  readonly verdict: 'accepts' | 'rejects' | 'waits'
  /** The complete messages. */
  readonly seen: readonly Seen[]
  /** How many messages it was asked for, where that is not all of them. */
  readonly asked?: number | undefined
  /** What it says where it rejects. */
  readonly why?: string | undefined
}

/** The parsers that are compared, in the order of the columns. */
export const PARSERS = ['ours', 'node', 'undici'] as const
export type Parser = (typeof PARSERS)[number]

/** How a reading compares with the RFC. `misread`: accepted as the RFC allows, and taken for other messages. */
export type Mark = 'right' | 'wrongly accepted' | 'wrongly rejected' | 'misread'
export const WRONG: readonly Mark[] = ['wrongly accepted', 'wrongly rejected', 'misread']

/** One case with all that was said of it; a parser that does not read this kind says nothing. */
export interface Row {
  readonly test: Http1Case
  readonly readings: Partial<Record<Parser, Reading>>
}

/**
 * What a case is about: the first two parts of its name, without the variants. `smuggling/tecl-obf/…` and
 * `smuggling/tecl/…` are one class.
 */
export function classOf({ name }: Pick<Http1Case, 'name'>): string {
  const [source = '', about = ''] = name.split('/')
  return `${source}/${about.replace(/(?:-obf|\d+)$/, '')}`
}

/** The messages that the RFC sees in a case, as every parser tells them. */
export function expectedOf({ messages }: Pick<Http1Case, 'messages'>): Seen[] {
  return messages.filter(isTold).map(({ target, status, body }) => ({
    what: target ?? String(status),
    body,
  }))
}

/** Whether a message reaches whoever uses the parser: requests, and responses that are final. */
export function isTold({ status = 200 }: { status?: number }): boolean {
  return status >= 200 || status === 101
}

/** Compares a reading with what the RFC says. */
export function markOf(test: Http1Case, reading: Reading): Mark {
  const { verdict, seen, asked } = reading
  if (test.expect === 'reject') return verdict === 'accepts' ? 'wrongly accepted' : 'right'
  const isSame = JSON.stringify(seen) === JSON.stringify(expectedOf(test).slice(0, asked))
  if (verdict !== 'rejects') return isSame ? 'right' : 'misread'
  if (test.expect === 'either' || test.earlyRejectAllowed) return 'right'
  // Whoever complains of bytes behind the last message has read it all the same.
  return isSame && test.end === 'complete' && test.remaining > 0 ? 'right' : 'wrongly rejected'
}

/** Counts of one class, or of all: cases, and the marks that are not right. */
export interface Counts {
  readonly name: string
  cases: number
  readonly wrong: Record<Parser, Record<Mark, number>>
}

/** Counts by class, in the order in which the classes come; the last one is of all. */
export function summarise(rows: readonly Row[]): Counts[] {
  const all = emptyCounts('all')
  const classes = new Map<string, Counts>()
  for (const row of rows) {
    const name = classOf(row.test)
    const counts = classes.get(name) ?? emptyCounts(name)
    classes.set(name, counts)
    for (const sum of [counts, all]) {
      sum.cases++
      for (const parser of PARSERS) {
        const reading = row.readings[parser]
        if (reading !== undefined) sum.wrong[parser][markOf(row.test, reading)]++
      }
    }
  }
  return [...classes.values(), all]
}

function emptyCounts(name: string): Counts {
  const none = (): Record<Mark, number> => ({
    right: 0,
    'wrongly accepted': 0,
    'wrongly rejected': 0,
    misread: 0,
  })
  return { name, cases: 0, wrong: { ours: none(), node: none(), undici: none() } }
}

/** The table: a line for each class, and for each parser how many cases it gets wrong in which way. */
export function formatSummary(counts: readonly Counts[]): string {
  const width = Math.max(...counts.map(({ name }) => name.length))
  const head = PARSERS.map((parser) => `  ${parser.padStart(6)} -acc -rej -mis`).join('')
  const lines = counts.map(({ name, cases, wrong }) => {
    const cells = PARSERS.map((parser) => {
      const asked = Object.values(wrong[parser]).reduce((a, b) => a + b)
      const found = WRONG.map((mark) => String(wrong[parser][mark] || '.').padStart(5)).join('')
      return `  ${String(asked || '').padStart(6)}${asked === 0 ? ' '.repeat(15) : found}`
    })
    return `${name.padEnd(width)} ${String(cases).padStart(5)}${cells.join('')}`.trimEnd()
  })
  return [`${'class'.padEnd(width)} cases${head}`, ...lines].join('\n')
}

/** One case in a line for each parser: verdict, how it compares, and what was said. */
export function formatCase({ test, readings }: Row): string {
  const rfc = `${test.expect}${test.recommended ? `, better ${test.recommended}` : ''}`
  const lines = PARSERS.flatMap((parser) => {
    const reading = readings[parser]
    if (reading === undefined) return []
    const mark = markOf(test, reading)
    const note = mark === 'right' ? '' : `  <- ${mark}${told(mark, test, reading)}`
    return `  ${parser.padEnd(7)}${reading.verdict.padEnd(8)}${reading.why ?? ''}${note}`.trimEnd()
  })
  return [`${test.name}`, `  RFC    ${rfc}: ${test.reason ?? ''}`.trimEnd(), ...lines].join('\n')
}

function told(mark: Mark, test: Http1Case, { seen }: Reading): string {
  if (mark !== 'misread') return ''
  return ` as ${JSON.stringify(seen)} instead of ${JSON.stringify(expectedOf(test))}`
}
