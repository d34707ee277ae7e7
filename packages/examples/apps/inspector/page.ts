/** The page: a list that grows while one looks at it, and everything about the one that is chosen. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Handler, Response, type Server, serve } from '@sluice/http'
import { Router } from '@sluice/http/handlers'
import { sendEvents } from '@sluice/http/sse'
import type { Log } from './log.ts'
import { isOwnHost } from './protocol.ts'

const PER_SECOND = 5

/** Serves the page. */
export async function openPage(
  log: Log,
  place: { hostname: string; port: number },
): Promise<Server> {
  const html = await readFile(new URL('page.html', import.meta.url), 'utf8')
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
  }
  const router = new Router()
    .get('/', () => new Response(html, { headers }))
    .get('/exchanges/:id', (_, { params }) => {
      const exchange = log.get(Number(params.id))
      return exchange === undefined ? new Response(null, { status: 404 }) : Response.json(exchange)
    })
    .get('/events', (request, { shutdown }) =>
      sendEvents(news(log, AbortSignal.any([request.signal, shutdown]))),
    )
  const guarded: Handler = (request, info) =>
    isOwnHost(request.headers.get('Host'))
      ? router.fetch(request, info)
      : new Response('this page is for this machine\n', { status: 403 })
  return serve(guarded, { ...place, limits: { connections: 100 } })
}

async function* news(log: Log, signal: AbortSignal): AsyncGenerator<string> {
  for (let last = 0; !signal.aborted; ) {
    const { revision, lines } = log.since(last)
    if (lines.length > 0) yield JSON.stringify(lines)
    last = revision
    await sleep(1000 / PER_SECOND, undefined, { signal }).catch(() => {})
  }
}
