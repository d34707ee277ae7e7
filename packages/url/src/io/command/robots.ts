/** `robots URL AGENT PATH…`: asks a site whether a robot may fetch something. */
import { maskTarget } from '../../core/mask-text.ts'
import { robotsFor } from '../../core/robots.ts'
import { visible } from '../../core/shown.ts'
import { Client } from '../client.ts'
import { planRequests } from './request-options.ts'
import { type CommandPlan, jsonLine, type Stage, textOf, UsageError, write } from './stage.ts'

/** More than this is no robots.txt. */
const MOST_BYTES = 1_048_576

/**
 * Runs it.
 *
 * @returns 0 where all of it is allowed, 1 where something is not
 * @throws what went wrong
 */
export async function robotsCommand(plan: CommandPlan, stage: Stage): Promise<number> {
  const [site, agent, ...paths] = plan.operands
  if (site === undefined || agent === undefined || paths.length === 0)
    throw new UsageError('robots takes URL, AGENT and PATH; --help says more')
  const semantics = textOf(plan, 'semantics') ?? 'rfc9309'
  if (semantics !== 'rfc9309' && semantics !== 'python')
    throw new UsageError(`--semantics is rfc9309 or python, not '${semantics}'`)
  if (!URL.canParse('/robots.txt', site))
    throw new UsageError(`'${maskTarget(site)}' is no URL of a site`)
  const { options } = await planRequests(plan, stage)
  const client = new Client()
  try {
    const url = new URL('/robots.txt', site)
    const response = await client.fetch(url, {
      ...options,
      redirect: 'follow',
      decode: true,
      limits: { body: MOST_BYTES, redirects: 5 },
    })
    const robots = robotsFor(
      { status: response.status, text: await response.text() },
      { semantics },
    )
    const delay = robots.crawlDelay(agent)
    const answers = paths.map((path) => ({
      path,
      allowed: robots.isAllowed(agent, new URL(path, site)),
    }))
    if (plan.flags['json'])
      await write(stage, jsonLine({ agent, answers, delay, sitemaps: robots.sitemaps }))
    else {
      for (const { path, allowed } of answers)
        await write(stage, `${allowed ? 'allowed' : 'disallowed'} ${visible(path)}\n`)
      if (delay !== undefined) await write(stage, `crawl-delay ${delay / 1000} s\n`)
    }
    return answers.every(({ allowed }) => allowed) ? 0 : 1
  } finally {
    client.destroy()
  }
}
