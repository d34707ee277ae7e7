// Format `robots`: what a robots.txt allows, in two semantics; `google-specific` is what the reference implementation of
// RFC 9309 does beyond it.
import { parseRobots } from '../../packages/url/src/robots.ts'
import type { Case, Verdict } from './corpus.ts'
import { show } from './decode.ts'

interface RobotsCase {
  readonly robots: string
  readonly agent: string
  readonly url: string
  readonly semantics: string
  readonly expect: Readonly<Record<string, unknown>>
}

/** @returns what is wrong, or `undefined` */
export function runRobots(test: Case): Verdict {
  const { robots, agent, url, semantics, expect } = test as unknown as RobotsCase
  const isPython = semantics.startsWith('python')
  const rules = parseRobots(robots, { semantics: isPython ? 'python' : 'rfc9309' })
  if ('str' in expect) return differs(String(rules), expect['str'])
  const found: Record<string, unknown> = { can_fetch: rules.isAllowed(agent, url) }
  if (isPython) {
    const rate = rules.requestRate(agent)
    const delay = rules.crawlDelay(agent)
    found['crawl_delay'] = delay === undefined ? null : delay / 1000
    found['request_rate'] = rate === undefined ? null : [rate.requests, rate.period / 1000]
    found['site_maps'] = rules.sitemaps.length === 0 ? null : rules.sitemaps
  }
  return differs(show(found), show(expect))
}

function differs(found: unknown, wanted: unknown): Verdict {
  return found === wanted ? undefined : `${found} instead of ${wanted}`
}
