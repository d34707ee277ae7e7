/** Python's module `urllib.robotparser`: a shim over `parseRobots` in Python's own reading. */
import {
  bind,
  builtins,
  type Call,
  type Callable,
  callable,
  type Given,
} from '@sluice/socket/python'
import type { Robots } from '../../core/robots-lines.ts'
import { parsePythonRobots } from '../../core/robots-python.ts'
import { HTTPError } from './error.ts'
import { urlparse } from './parse.ts'
import { urlopen } from './request.ts'

/** So many requests in so many seconds. */
class Rate implements Iterable<number> {
  readonly _fields = ['requests', 'seconds'] as const
  readonly requests: number
  readonly seconds: number
  constructor(...args: unknown[]) {
    const { requests, seconds } = bind('RequestRate', ['requests', 'seconds'], args)
    this.requests = requests as number
    this.seconds = seconds as number
  }
  *[Symbol.iterator](): Generator<number> {
    yield this.requests
    yield this.seconds
  }
}
/** So many requests in so many seconds. */
export const RequestRate: Callable<typeof Rate> = callable(Rate, 'RequestRate')

class Parser {
  url = ''
  host = ''
  path = ''
  /** Nothing may be fetched: the file is not for us. */
  disallow_all = false
  /** Everything may be fetched: there is no file. */
  allow_all = false
  last_checked = 0
  #robots: Robots = parsePythonRobots('')

  /** @param url of the file; default none */
  constructor(...args: Call<[url?: string]>) {
    const { url = '' } = bind('RobotFileParser', ['url?'], args)
    this.set_url(url as string)
  }
  /** Seconds since 1970 when the file was read; 0: never. */
  mtime(): number {
    return this.last_checked
  }
  /** It was read now. */
  modified(): void {
    this.last_checked = Date.now() / 1000
  }
  set_url(url: string): void {
    this.url = url
    const { netloc, path } = urlparse(url) as unknown as { netloc: string; path: string }
    this.host = netloc
    this.path = path
  }
  /** Reads the file: 401 and 403 forbid everything, every other 4xx allows it. */
  async read(): Promise<void> {
    try {
      const response = await urlopen(this.url)
      try {
        const bytes = (await response.read()) as Uint8Array
        this.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes).split(LINE_END))
      } finally {
        await response.close()
      }
    } catch (error) {
      if (!(error instanceof HTTPError)) throw error
      if (error.code === 401 || error.code === 403) this.disallow_all = true
      else if (error.code >= 400 && error.code < 500) this.allow_all = true
      await error.close()
    }
  }
  /** Takes the lines of a file. */
  parse(lines: Iterable<string>): void {
    // A line with its end is no empty one to Python, and ends no group.
    const text = [...lines].map((line) => {
      const bare = line.replace(/\r?\n$/, '')
      return bare === '' && line !== '' ? ' ' : bare
    })
    this.#robots = parsePythonRobots(`${text.join('\n')}\n`)
    this.modified()
  }
  /** Whether a robot may fetch a URL; no, before the file was read. */
  can_fetch(...args: Given<[useragent: string, url: string]>): boolean {
    const { useragent, url } = bind('can_fetch', ['useragent', 'url'], args)
    if (this.disallow_all) return false
    if (this.allow_all) return true
    return this.last_checked !== 0 && this.#robots.isAllowed(useragent as string, url as string)
  }
  /** Seconds between two requests, or null. */
  crawl_delay(useragent: string): number | null {
    const delay = this.last_checked === 0 ? undefined : this.#robots.crawlDelay(useragent)
    return delay === undefined ? null : delay / 1000
  }
  request_rate(useragent: string): InstanceType<typeof RequestRate> | null {
    const rate = this.last_checked === 0 ? undefined : this.#robots.requestRate(useragent)
    return rate === undefined ? null : RequestRate(rate.requests, rate.period / 1000)
  }
  /** Where sitemaps are, or null where the file tells of none. */
  site_maps(): string[] | null {
    const { sitemaps } = this.#robots
    return sitemaps.length === 0 ? null : [...sitemaps]
  }
  toString(): string {
    return this.#robots.toString()
  }
  __repr__(): string {
    return `<RobotFileParser of ${builtins.repr(this.url)}>`
  }
}
/** What a robots.txt allows. */
export const RobotFileParser: Callable<typeof Parser> = callable(Parser, 'RobotFileParser')

/** What Python's `splitlines()` takes for the end of a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are Python's
const LINE_END = /\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/
