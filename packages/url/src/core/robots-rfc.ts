/**
 * robots.txt as RFC 9309 has it, in the details that it leaves open as its reference implementation (google/robotstxt).
 *
 * Rules it keeps:
 * - Groups for the same robot are one group; a robot that has one of its own does not look at that of `*` (§2.2.1).
 * - The longest pattern decides, by octets; of two that are as long the one that allows (§2.2.2).
 * - `*` stands for anything, `$` at the end of a pattern for the end. Matching has no way back but to the last `*`, so that no
 *   pattern takes longer than its length times that of the path.
 * - What can't be read is overlooked: a line, not the file (§2.2.4). Frequent slips of the pen count for what they mean.
 */
import { encodeUtf8 } from '@sluice/socket/bytes'
import type { RequestRate, Robots } from './robots-lines.ts'

interface Rule {
  readonly allows: boolean
  readonly pattern: string
}

interface Group {
  /** In small letters; `*` for everybody. */
  readonly agents: string[]
  readonly rules: Rule[]
  delay: number | undefined
  rate: RequestRate | undefined
}

/** §2.5 asks for 500 KiB at least; the reference implementation cuts each line. */
const MOST_TEXT = 524_288
const LONGEST_LINE = 2083 * 8

/** As they are written, and as they are mistyped. */
const KEYS: Readonly<Record<string, string>> = {
  'user-agent': 'agent',
  useragent: 'agent',
  'user agent': 'agent',
  allow: 'allow',
  disallow: 'disallow',
  dissallow: 'disallow',
  dissalow: 'disallow',
  disalow: 'disallow',
  diasllow: 'disallow',
  disallaw: 'disallow',
  sitemap: 'sitemap',
  'site-map': 'sitemap',
  'crawl-delay': 'delay',
  'request-rate': 'rate',
}

/** Reads the file. Never throws. */
export function parseRfcRobots(text: string): Robots {
  const groups: Group[] = []
  const sitemaps: string[] = []
  let current: Group | undefined
  /** A name after a rule begins a new group; names in a row share one. */
  let hasRule = false
  for (const [key, value] of linesOf(text)) {
    if (key === 'sitemap') sitemaps.push(value)
    else if (key === 'agent') {
      if (current === undefined || hasRule) {
        current = { agents: [], rules: [], delay: undefined, rate: undefined }
        groups.push(current)
        hasRule = false
      }
      current.agents.push(agentIn(value))
    } else if (current !== undefined) {
      if (key === 'allow' || key === 'disallow') {
        hasRule = true
        // An empty pattern forbids nothing, and allows nothing (§2.2.2).
        if (value !== '') current.rules.push({ allows: key === 'allow', pattern: encoded(value) })
      } else if (key === 'delay') current.delay ??= secondsIn(value)
      else current.rate ??= rateIn(value)
    }
  }
  const groupsOf = (agent: string): Group[] => {
    const name = productIn(agent)
    const own = groups.filter(({ agents }) => name !== '' && agents.includes(name))
    return own.length > 0 ? own : groups.filter(({ agents }) => agents.includes('*'))
  }
  return {
    isAllowed: (agent, url) => {
      const rules = groupsOf(agent).flatMap((group) => group.rules)
      return decide(rules, pathOf(String(url)))
    },
    crawlDelay: (agent) => firstOf(groupsOf(agent), ({ delay }) => delay),
    requestRate: (agent) => firstOf(groupsOf(agent), ({ rate }) => rate),
    sitemaps,
    toString: () => groups.map(written).join('\n\n'),
  }
}

function* linesOf(text: string): Generator<[key: string, value: string]> {
  const lines = text
    .slice(0, MOST_TEXT)
    .replace(/^\ufeff/, '')
    .split(/\r\n?|\n/)
  for (const whole of lines) {
    const line = (whole.slice(0, LONGEST_LINE - 1).split('#', 1)[0] ?? '').trim()
    const colon = line.indexOf(':')
    // A colon that was forgotten, where there are two words and no more.
    const [name = '', value] =
      colon === -1
        ? (/^(\S+)\s+(\S+)$/.exec(line)?.slice(1) ?? [])
        : [line.slice(0, colon), line.slice(colon + 1)]
    const known = name.trim().toLowerCase()
    if (value !== undefined && Object.hasOwn(KEYS, known))
      yield [KEYS[known] as string, value.trim()]
  }
}

/** `*` for everybody; else the product token that the value begins with (§2.2.1). */
function agentIn(value: string): string {
  return /^\*(?:\s|$)/.test(value) ? '*' : productIn(value)
}

function productIn(agent: string): string {
  return (/^[A-Za-z_-]*/.exec(agent)?.[0] ?? '').toLowerCase()
}

/** Path and query of a URL, which may be whole or not; the fragment is nobody's business. */
function pathOf(url: string): string {
  const [text = ''] = url.split('#', 1)
  const [, path = ''] = /^(?:[^/?;]*:\/\/|\/\/)?[^/?;]*(.*)$/s.exec(text) ?? []
  return path.startsWith('/') ? path : `/${path}`
}

/** The longest pattern that matches decides; nothing that matches allows. */
function decide(rules: readonly Rule[], path: string): boolean {
  let longest = -1
  let allowed = true
  for (const { allows, pattern } of rules) {
    const length = lengthOfMatch(pattern, path, allows)
    if (length > longest || (length === longest && allows && length >= 0)) {
      longest = length
      allowed = allows
    }
  }
  return allowed
}

/** How long a pattern is that matches; -1 for one that does not. */
function lengthOfMatch(pattern: string, path: string, allows: boolean): number {
  if (matches(pattern, path)) return pattern.length
  // As the reference implementation: who allows the page of a folder allows the folder.
  const [, folder] = /^(.*\/)index\.html?/s.exec(pattern) ?? []
  const isFolder = allows && folder !== undefined && matches(`${folder}$`, path)
  return isFolder ? folder.length + 1 : -1
}

function matches(pattern: string, path: string): boolean {
  const isAnchored = pattern.endsWith('$')
  const parts = (isAnchored ? pattern.slice(0, -1) : pattern).split('*')
  let at = 0
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    // Without a `*` before it a part stands where the last one ended; with one, wherever it comes first, or last at all.
    if (isLast && isAnchored) {
      const from = path.length - part.length
      return index === 0 ? path === part : from >= at && path.endsWith(part)
    }
    const found = index === 0 ? (path.startsWith(part) ? 0 : -1) : path.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return true
}

/** Beyond ASCII as it would be sent; escapes in capitals, so that they compare (§2.2.2). */
function encoded(pattern: string): string {
  return pattern
    .replace(/%[\da-f]{2}/gi, (octet) => octet.toUpperCase())
    .replace(/[\u0080-\u{10ffff}]+/gu, (text) =>
      Array.from(encodeUtf8(text), (byte) => `%${byte.toString(16).toUpperCase()}`).join(''),
    )
}

function secondsIn(value: string): number | undefined {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(value) ? Math.round(Number(value) * 1000) : undefined
}

/** `1/5`: one in five seconds; `1/5m`: in five minutes. */
function rateIn(value: string): RequestRate | undefined {
  const [, requests, count, unit] = /^(\d{1,9})\s*\/\s*(\d{1,9})\s*([smh]?)\b/i.exec(value) ?? []
  if (requests === undefined || Number(count) === 0) return undefined
  const seconds = { m: 60, h: 3600 }[unit?.toLowerCase() ?? ''] ?? 1
  return { requests: Number(requests), period: Number(count) * seconds * 1000 }
}

function firstOf<T>(groups: readonly Group[], get: (group: Group) => T | undefined): T | undefined {
  return groups.map(get).find((value) => value !== undefined)
}

function written({ agents, rules, delay, rate }: Group): string {
  return [
    ...agents.map((agent) => `User-agent: ${agent}`),
    ...(delay === undefined ? [] : [`Crawl-delay: ${delay / 1000}`]),
    ...(rate === undefined ? [] : [`Request-rate: ${rate.requests}/${rate.period / 1000}`]),
    ...rules.map(({ allows, pattern }) => `${allows ? 'Allow' : 'Disallow'}: ${pattern}`),
  ].join('\n')
}
