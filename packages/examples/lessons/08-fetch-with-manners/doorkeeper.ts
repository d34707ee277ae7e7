// A server with a doorkeeper: what both versions of this lesson ask for a report.
import { type Server, serve } from '@sluice/http'

/** Wants a cookie, then a name, and is busy the first time; says what it was asked and what it answered. */
export function doorkeeper(): Promise<Server> {
  let isBusy = true
  const answer = (path: string, fields: Headers): Response => {
    if (path === '/welcome') {
      const headers = { Location: '/report', 'Set-Cookie': 'guest=1; Path=/; HttpOnly' }
      return new Response(null, { status: 303, headers })
    }
    if (fields.get('cookie') !== 'guest=1')
      return new Response(null, { status: 302, headers: { Location: '/welcome' } })
    if (fields.get('authorization') === null)
      return new Response(null, {
        status: 401,
        headers: { 'WWW-Authenticate': 'Digest nonce="n", realm="r", qop="auth"' },
      })
    if (isBusy) {
      isBusy = false
      return new Response(null, { status: 503, headers: { 'Retry-After': '0' } })
    }
    return new Response('here is the report')
  }
  let count = 0
  return serve((request) => {
    const { pathname } = new URL(request.url)
    const response = answer(pathname, request.headers)
    const known = ['cookie', 'authorization'].filter((name) => request.headers.has(name))
    const said = `${++count}. ${pathname}, ${known.join(' and ') || 'nothing'} in hand: ${response.status}`
    if (count <= 6) console.log(said)
    return response
  })
}
