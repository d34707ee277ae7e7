// A page that changes while one looks at it: one file, nothing from outside, and a stream of events that it asks for.
import { readFile } from 'node:fs/promises'
import { Response } from '@sluice/http'
import { Router } from '@sluice/http/handlers'
import { sendEvents } from '@sluice/http/sse'
import { pause } from './app.ts'

/** How often anybody is told. */
const PER_SECOND = 10

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
}

/**
 * Routes for a page and for what it shows: `/`, and `/events`, which end when the viewer goes or the server does.
 *
 * @param file the page
 * @param open is called for each viewer; what it gives is asked ten times a second for what is new, if anything is
 */
export async function livePage(file: URL, open: () => () => string | undefined): Promise<Router> {
  const html = await readFile(file, 'utf8')
  return new Router()
    .get('/', () => new Response(html, { headers: HEADERS }))
    .get('/events', (request, { shutdown }) =>
      sendEvents(news(open(), AbortSignal.any([request.signal, shutdown]))),
    )
}

async function* news(look: () => string | undefined, signal: AbortSignal): AsyncGenerator<string> {
  while (!signal.aborted) {
    const found = look()
    if (found !== undefined) yield found
    await pause(1000 / PER_SECOND, signal)
  }
}
