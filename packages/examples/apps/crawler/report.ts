/** What a crawl found, as text. Pure. */
import type { Frontier } from './frontier.ts'

/** One page that was fetched, or was not. */
export interface Visit {
  url: string
  depth: number
  /** 0 when there was no answer. */
  status: number
  bytes: number
  /** Milliseconds. */
  elapsed: number
  links: number
  /** Why there was no answer, as a sentence. */
  error?: string
}

/** Whether a reader who follows a link to it is disappointed. */
export function isBroken({ status }: Visit): boolean {
  return status === 0 || status >= 400
}

/** A line for one page. */
export function lineOf({ url, depth, status, bytes, elapsed, links, error }: Visit): string {
  const facts = error ?? `${bytes} bytes, ${links} links, ${elapsed.toFixed(0)} ms`
  return `${status === 0 ? '---' : status} ${'  '.repeat(depth)}${url}  ${facts}`
}

/** What there is to say at the end. */
export function reportOf(visits: readonly Visit[], frontier: Frontier): string[] {
  const bytes = visits.reduce((sum, visit) => sum + visit.bytes, 0)
  const broken = visits.filter(isBroken)
  const kept = Object.entries(frontier.skipped).filter(([, count]) => count > 0)
  const reasons = kept.map(([why, count]) => `${why} ${count}`).join(', ')
  return [
    `${visits.length} pages, ${bytes} bytes, ${broken.length} broken${frontier.left > 0 ? `; ${frontier.left} more were found and not fetched` : ''}`,
    ...(reasons === '' ? [] : [`links not followed: ${reasons}`]),
    ...broken.flatMap((visit) => [
      `broken: ${visit.url} (${visit.error ?? visit.status})`,
      ...frontier.linksTo(visit.url).map((from) => `  linked from ${from}`),
    ]),
  ]
}
