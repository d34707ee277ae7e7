import { makeCertificate } from '@sluice/socket/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { Response, request, type Server, serve } from '../src/index.ts'
import { connectionPair } from '../src/testing.ts'
import { formatExchange, watchExchanges } from '../src/trace.ts'

let server: Server | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

describe('watchExchanges()', () => {
  it('shows both sides of an exchange and of a connection that is used again', async () => {
    const lines: string[] = []
    const [client] = connectionPair(() => new Response('hi', { status: 201 }))
    const watching = watchExchanges((line) => lines.push(line))
    await (await client.request('/a', { headers: { Authorization: 'Bearer abc' } })).text()
    await (await client.request('/b', { method: 'POST', body: 'x' })).text()
    watching.stop()
    await (await client.request('/c')).text()
    const shown = lines.join('\n')
    expect(shown).toMatch(
      /^> GET \/a HTTP\/1\.1\n> Host: localhost\n> Authorization: Bearer \*\*\*\n>\n< GET \/a HTTP\/1\.1\n/,
    )
    expect(shown).toMatch(/\n> HTTP\/1\.1 201 Created\n/)
    expect(shown).toMatch(
      /\n< HTTP\/1\.1 201 Created\n(?:< .*\n)+<\n\* body received: 2 bytes in 1 piece\n/,
    )
    expect(shown).toMatch(
      /\n\* connection #\d+ is used again, for exchange 2\n> POST \/b HTTP\/1\.1\n/,
    )
    expect(shown).not.toContain('/c')
    await client.close()
  })

  it('shows how the connection came about', async () => {
    const { cert, key } = makeCertificate({ name: 'here', names: ['127.0.0.1'] })
    server = await serve(() => new Response('hi'), { tls: { cert, key } })
    const lines: string[] = []
    const watching = watchExchanges((line) => lines.push(line))
    const headers = { Cookie: 'a=secret' }
    await (await request(server.url, { tls: { ca: cert }, headers })).text()
    watching[Symbol.dispose]()
    const shown = lines.join('\n')
    expect(shown).toMatch(/\* trying 127\.0\.0\.1:\d+/)
    expect(shown).toMatch(/\* connection #\d+ from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+/)
    expect(shown).toMatch(/\* TLS: TLSv1\.3, TLS_\w+/)
    expect(shown).toContain('> Cookie: a=***')
    const quiet: string[] = []
    const other = watchExchanges((line) => quiet.push(line), { connections: false })
    await request(server.url, { tls: { ca: cert } })
    other.stop()
    expect(quiet.join('\n')).not.toMatch(/trying|TLS/)
  })

  it('refuses what makes no sense', () => {
    expect(() => watchExchanges(1 as never)).toThrow(TypeError)
    expect(() => watchExchanges(() => {}, { nonsense: 1 } as never)).toThrow("no option 'nonsense'")
  })
})

describe('formatExchange()', () => {
  const head = {
    id: 1,
    parent: 0,
    t: 0,
    layer: 'http',
    name: 'request-head',
    direction: 'sent',
    connection: 1,
    method: 'GET',
    target: '/',
    version: '1.1',
  } as const
  it.each([
    ['X: \u001b[31m\u009b', 'X: \\x1b[31m\\x9b'],
    ['X-Plain: 1', 'X-Plain: 1'],
  ])('shows %j as %j', (field, shown) => {
    const lines = formatExchange({ ...head, headers: `${field}\r\n\r\n` })
    expect(lines).toEqual(['> GET / HTTP/1.1', `> ${shown}`, '>'])
  })

  it.each([
    [{ name: 'resolved', hostname: 'h', addresses: ['::1', '127.0.0.1'] }, '* h is ::1, 127.0.0.1'],
    [{ name: 'failed', target: 'x:1', code: 'ECONNREFUSED' }, '* x:1 failed: ECONNREFUSED'],
    [{ name: 'hop', proxy: 'p:1', hostname: 'h' }, '* asking the proxy p:1 for h'],
    [
      { name: 'tlsFailed', target: 'x:1', code: 'CERT_HAS_EXPIRED' },
      '* TLS failed with x:1: CERT_HAS_EXPIRED',
    ],
    [
      { name: 'tls', protocol: 'TLSv1.3', cipher: 'C', alpn: 'http/1.1', resumed: false },
      '* TLS: TLSv1.3, C, ALPN http/1.1',
    ],
    [{ name: 'send', bytes: 1, data: 'x' }, undefined],
  ])('shows what happens to a socket: %j', (facts, line) => {
    const event = { id: 1, parent: 0, t: 0, layer: 'socket', ...facts }
    expect(formatExchange(event as never)).toEqual(line === undefined ? [] : [line])
  })

  it.each([
    [{ name: 'trailer', direction: 'received', fields: 1 }, '* trailer section received: 1 field'],
    [{ name: 'error', code: 'ECONNRESET' }, '* exchange failed: ECONNRESET'],
    [{ name: 'upgrade', protocol: 'a\u001b' }, '* connection #7 speaks a\\x1b from here on'],
    [{ name: 'chunk', direction: 'sent', bytes: 1 }, undefined],
    [{ name: 'end', keepAlive: true }, '* connection #7 is kept'],
    [{ name: 'end', keepAlive: false }, '* connection #7 ends'],
  ])('shows what becomes of an exchange: %j', (facts, line) => {
    const event = { id: 1, parent: 0, t: 0, layer: 'http', connection: 7, ...facts }
    expect(formatExchange(event as never)).toEqual(line === undefined ? [] : [line])
  })
})
