/** The crawl: robots.txt first, then workers that take from one frontier. */
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '@sluice/socket/errors'
import { Client, isFetchError } from '@sluice/url'
import { type Robots, robotsFor } from '@sluice/url/robots'
import { type Bounds, Frontier } from './frontier.ts'
import { isPage, LIMITS, linksOf, resolve } from './protocol.ts'
import type { Visit } from './report.ts'

/** As it calls itself in the server's log, and as robots.txt may name it. */
const AGENT = 'SluiceCrawler'

/** How to crawl. */
export interface CrawlOptions extends Bounds {
  workers: number
  /** Whether addresses of this machine and of private networks may be fetched. */
  allowPrivate: boolean
  onVisit(visit: Visit): void
  signal: AbortSignal
}

/**
 * Crawls a site.
 *
 * @returns what is left to be said about it, once everything was fetched or `signal` aborted
 * @throws {Error} when robots.txt forbids the first page, or asks for more patience than anybody has
 */
export async function crawl(start: string, options: CrawlOptions): Promise<Frontier> {
  const { signal } = options
  await using client = new Client({
    headers: { 'User-Agent': `${AGENT}/1.0` },
    // It follows what strangers write: no link of theirs may lead into this network.
    denyPrivate: !options.allowPrivate,
    limits: { body: LIMITS.page },
    timeout: { connect: 5000, headers: 10_000, idle: 10_000, total: 30_000 },
    retry: 2,
    // A redirect is a link: it has to pass the frontier as any other.
    redirect: 'manual',
  })
  const robots = await robotsOf(client, start, signal).catch((error: unknown) => {
    if (!isFetchError(error, 'ERR_BLOCKED')) throw error
    throw new Error(`${start} is on this machine or in a private network; --private allows that`)
  })
  if (!robots.isAllowed(AGENT, start)) throw new Error(`${start}: robots.txt forbids it`)
  const delay = Math.max(options.delay, robots.crawlDelay(AGENT) ?? 0)
  if (delay > 60_000)
    throw new Error(`${start}: robots.txt asks for ${delay / 1000} s between pages`)
  const frontier = new Frontier(start, { ...options, delay }, (url) => robots.isAllowed(AGENT, url))
  let busy = 0
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const task = frontier.take(performance.now())
      if (task === undefined) {
        // While somebody else is at work there may be more to come.
        if (busy === 0) return
        await sleep(20, undefined, { signal })
      } else if (typeof task === 'number') await sleep(task, undefined, { signal })
      else {
        busy++
        try {
          const { visit, links } = await fetchPage(client, task.url, task.depth, signal)
          for (const link of links) frontier.add(link, task.depth + 1, task.url)
          options.onVisit(visit)
        } finally {
          busy--
        }
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: options.workers }, work))
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return frontier
}

async function robotsOf(client: Client, start: string, signal: AbortSignal): Promise<Robots> {
  const url = new URL('/robots.txt', start)
  // RFC 9309 §2.3.1.2: redirects are followed here, also to another origin.
  const response = await client.fetch(url, { signal, redirect: 'follow', limits: { redirects: 5 } })
  return robotsFor({ status: response.status, text: await response.text() })
}

/** One page. That it can't be had is a finding, not a failure. */
async function fetchPage(client: Client, url: string, depth: number, signal: AbortSignal) {
  const begun = performance.now()
  const visit: Visit = { url, depth, status: 0, bytes: 0, elapsed: 0, links: 0 }
  let links: string[] = []
  try {
    const response = await client.fetch(url, { signal })
    visit.status = response.status
    const location = response.headers.get('Location')
    if (isPage(response.headers.get('Content-Type')) || location !== null) {
      const body = await response.bytes()
      visit.bytes = body.length
      links = linksOf(new TextDecoder().decode(body), url)
      const target = location === null ? undefined : resolve(location, url)
      if (target !== undefined) links.unshift(target)
    } else {
      // Nothing in it leads anywhere: its size is what the head says.
      visit.bytes = Number(response.headers.get('Content-Length') ?? 0)
      await response.body?.cancel()
    }
  } catch (error) {
    // What breaks while the body is read is told by the layer below; all of them have a code, and mistakes of ours none.
    if (signal.aborted || codeOf(error) === undefined) throw error
    visit.error = (error as Error).message
    visit.status = 0
  }
  visit.links = links.length
  visit.elapsed = performance.now() - begun
  return { visit, links }
}
