/** The grandstand: a page that shows the game in any browser. UDP for those who play, HTTP for those who look on. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Server, serve } from '@sluice/http'
import { Router } from '@sluice/http/handlers'
import { sendEvents } from '@sluice/http/sse'
import type { Match } from './match.ts'
import { BOARD } from './world.ts'

const PICTURES_PER_SECOND = 10

/** Serves the page. */
export async function openGrandstand(
  match: Match,
  place: { hostname: string; port: number },
): Promise<Server> {
  const page = await readFile(new URL('page.html', import.meta.url), 'utf8')
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
  }
  const router = new Router()
    .get('/', () => new Response(page, { headers }))
    .get('/events', (request, { shutdown }) =>
      sendEvents(pictures(match, AbortSignal.any([request.signal, shutdown]))),
    )
  return serve(router, { ...place, limits: { connections: 200 } })
}

/** The world, ten times a second, for as long as somebody looks and nothing but when something has changed. */
async function* pictures(match: Match, signal: AbortSignal): AsyncGenerator<string> {
  let last = ''
  while (!signal.aborted) {
    const pieces = [...match.world.pieces.values()]
    const picture = JSON.stringify({ board: BOARD, pieces, coins: match.world.coins })
    if (picture !== last) yield picture
    last = picture
    await sleep(1000 / PICTURES_PER_SECOND, undefined, { signal }).catch(() => {})
  }
}
