/** The page: a list that grows while one looks at it, and everything about the one that is chosen. */
import { type Handler, Response, type Server, serve } from '@sluice/http'
import { livePage } from '../../lib/live-page.ts'
import type { Log } from './log.ts'
import { isOwnHost } from './protocol.ts'

/** Serves the page. */
export async function openPage(
  log: Log,
  place: { hostname: string; port: number },
): Promise<Server> {
  const page = await livePage(new URL('page.html', import.meta.url), () => {
    let last = 0
    return () => {
      const { revision, lines } = log.since(last)
      last = revision
      return lines.length === 0 ? undefined : JSON.stringify(lines)
    }
  })
  page.get('/exchanges/:id', (_, { params }) => {
    const exchange = log.get(Number(params.id))
    return exchange === undefined ? new Response(null, { status: 404 }) : Response.json(exchange)
  })
  const guarded: Handler = (request, info) =>
    isOwnHost(request.headers.get('Host'))
      ? page.fetch(request, info)
      : new Response('this page is for this machine\n', { status: 403 })
  return serve(guarded, { ...place, limits: { connections: 100 } })
}
