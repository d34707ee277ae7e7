/**
 * robots.txt as Python's `urllib.robotparser` has it: the draft of 1996, whose first rule that matches decides. For programs
 * that come from there and want the same answers.
 *
 * What is different from RFC 9309: an empty line ends a group, a group of its own need not be the only one, `*` and `$` are
 * characters, and a name counts that is anywhere in that of the robot.
 */
import { quote, unquote } from './quote.ts'
import type { RequestRate, Robots } from './robots-lines.ts'
import { urlparse, urlunparse } from './split.ts'

interface Rule {
  readonly allows: boolean
  readonly path: string
}

interface Entry {
  readonly agents: string[]
  readonly rules: Rule[]
  delay: number | undefined
  rate: RequestRate | undefined
}

/** What `str.splitlines()` takes for the end of a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are Python's.
const LINE_END = /\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/

/** What `str.strip()` takes off: a byte order mark is none of it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are Python's.
const BLANK = /(?!\ufeff)[\s\u001c-\u001f\u0085]/

/** Reads the file. Never throws. */
export function parsePythonRobots(text: string): Robots {
  const reader = new Reader()
  const lines = text.split(LINE_END)
  // Python gives no empty line behind the last line end.
  if (lines.at(-1) === '') lines.pop()
  for (const line of lines) reader.read(line)
  reader.end()
  const { entries, everybody, sitemaps } = reader
  const entryOf = (agent: string): Entry | undefined => {
    const name = (agent.split('/')[0] ?? '').toLowerCase()
    return (
      entries.find(({ agents }) => agents.some((own) => name.includes(own.toLowerCase()))) ??
      everybody
    )
  }
  return {
    isAllowed: (agent, url) => {
      const path = pathOf(String(url))
      // What is no URL can't be fetched, and so needs no leave.
      if (path === undefined) return false
      const rule = entryOf(agent)?.rules.find(
        (one) => one.path === '*' || path.startsWith(one.path),
      )
      return rule?.allows ?? true
    },
    crawlDelay: (agent) => entryOf(agent)?.delay,
    requestRate: (agent) => entryOf(agent)?.rate,
    sitemaps,
    toString: () => [...entries, ...(everybody ? [everybody] : [])].map(written).join('\n\n'),
  }
}

/** The states of the draft: before a group, among its names, among its rules. */
class Reader {
  readonly entries: Entry[] = []
  everybody: Entry | undefined
  readonly sitemaps: string[] = []
  #state: 'outside' | 'names' | 'rules' = 'outside'
  #entry = newEntry()

  read(line: string): void {
    if (line === '') this.#endGroup()
    const [text = ''] = line.split('#', 1)
    const colon = text.indexOf(':')
    if (colon === -1) return
    const key = strip(text.slice(0, colon)).toLowerCase()
    const value = unquote(strip(text.slice(colon + 1)))
    if (key === 'user-agent') this.#name(value)
    else if (key === 'sitemap') this.sitemaps.push(value)
    else if (this.#state !== 'outside') this.#rule(key, value)
  }

  end(): void {
    if (this.#state === 'rules') this.#add()
  }

  #endGroup(): void {
    if (this.#state === 'outside') return
    this.end()
    this.#entry = newEntry()
    this.#state = 'outside'
  }

  #name(value: string): void {
    if (this.#state === 'rules') {
      this.#add()
      this.#entry = newEntry()
    }
    this.#entry.agents.push(value)
    this.#state = 'names'
  }

  #rule(key: string, value: string): void {
    if (key === 'allow' || key === 'disallow') {
      const path = quoted(value)
      // An empty value allows all.
      if (path !== undefined)
        this.#entry.rules.push({ allows: key === 'allow' || value === '', path })
    } else if (key === 'crawl-delay') {
      if (/^\d+$/.test(value.trim())) this.#entry.delay = Number(value) * 1000
    } else if (key === 'request-rate') {
      const [, requests, seconds] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(value) ?? []
      if (requests !== undefined)
        this.#entry.rate = { requests: Number(requests), period: Number(seconds) * 1000 }
    } else return
    this.#state = 'rules'
  }

  /** The first group for everybody counts, and is asked last. */
  #add(): void {
    if (!this.#entry.agents.includes('*')) this.entries.push(this.#entry)
    else this.everybody ??= this.#entry
  }
}

/** From both ends in one pass: an expression looks for the end of the text behind each blank in the middle. */
function strip(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && BLANK.test(text.charAt(start))) start++
  while (end > start && BLANK.test(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

function newEntry(): Entry {
  return { agents: [], rules: [], delay: undefined, rate: undefined }
}

/** What is compared: from the path on, unquoted and quoted again. */
function pathOf(url: string): string | undefined {
  return orNothing(() => {
    const { path, params, query, fragment } = urlparse(unquote(url))
    const whole = quote(urlunparse(['', '', path, params, query, fragment]))
    return whole === '' ? '/' : whole
  })
}

function quoted(value: string): string | undefined {
  return orNothing(() => quote(urlunparse(urlparse(value))))
}

/** Brackets where none may stand, half a character: Python raises, and a line like that is overlooked here. */
function orNothing<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function written({ agents, rules, delay, rate }: Entry): string {
  return [
    ...agents.map((agent) => `User-agent: ${agent}`),
    ...(delay === undefined ? [] : [`Crawl-delay: ${delay / 1000}`]),
    ...(rate === undefined ? [] : [`Request-rate: ${rate.requests}/${rate.period / 1000}`]),
    ...rules.map(({ allows, path }) => `${allows ? 'Allow' : 'Disallow'}: ${path}`),
  ].join('\n')
}
