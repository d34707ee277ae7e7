import { makeCertificate } from '@sluice/socket/testing'
import { openTlsContext } from '@sluice/socket/tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Handler, Pool, Response, request, Server, serve } from '../src/index.ts'
import { connectionPair, inject } from '../src/testing.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

const say =
  (text: string): Handler =>
  () =>
    new Response(text) as globalThis.Response

const first = makeCertificate({ name: 'first', names: ['127.0.0.1'] })
const second = makeCertificate({ name: 'second', names: ['127.0.0.1'] })
const pem = ({ cert, key }: { cert: string; key: string }) => ({ cert, key })

describe('reload()', () => {
  it('exchanges the handler while a connection lives on, and an answer that was begun is finished', async () => {
    let finish: (() => void) | undefined
    const slow: Handler = () =>
      new Promise((resolve) => (finish = () => resolve(new Response('old') as never)))
    const [client, server] = connectionPair(slow)
    const answer = client.request('/')
    await vi.waitFor(() => expect(finish).toBeDefined())
    server.reload({ handler: { fetch: say('new') } })
    finish?.()
    expect(await (await answer).text()).toBe('old')
    expect(await (await client.request('/')).text()).toBe('new')
    await client.close()
  })

  it.each([
    ['parts', { ...pem(first) }],
    ['a context', { context: openTlsContext(pem(first)) }],
  ])('exchanges the certificate of a server that was opened with %s', async (_, tls) => {
    const server = await serve(say('hi'), { tls })
    open.push(server)
    const pool = new Pool({ tls: { ca: first.cert } })
    open.push(pool)
    expect(await (await pool.request(server.url)).text()).toBe('hi')
    server.reload({ tls: pem(second) })
    // The connection that stands has nothing to do with it.
    expect(await (await pool.request(server.url)).text()).toBe('hi')
    expect((await request(server.url, { tls: { ca: second.cert } })).status).toBe(200)
    await expect(request(server.url, { tls: { ca: first.cert } })).rejects.toThrow(/certificate/)
  })

  it('exchanges limits and times', async () => {
    const server = new Server(async (incoming) => new Response(await incoming.text()) as never)
    open.push(server)
    const post = async () => (await inject(server, '/', { method: 'POST', body: 'long' })).status
    expect(await post()).toBe(200)
    server.reload({ limits: { body: 3 } })
    expect(await post()).toBe(413)
    server.reload({ timeout: { keepAlive: 1000 } })
    expect(await post()).toBe(413)
    const onError = vi.fn()
    server.reload({
      handler: () => {
        throw new Error('no')
      },
      onError,
    })
    expect((await inject(server, '/')).status).toBe(500)
    expect(onError).toHaveBeenCalledOnce()
  })

  it('exchanges nothing when something of it makes no sense', async () => {
    const server = await serve(say('old'), { tls: pem(first) })
    open.push(server)
    const none = { cert: 'no certificate', key: second.key }
    expect(() => server.reload({ handler: say('new'), tls: none })).toThrow(/ERR_TLS_NO_PEM/)
    expect(() => server.reload({ handler: say('new'), limits: { body: -1 } })).toThrow(RangeError)
    expect(() => server.reload({ handler: 1 as never })).toThrow(TypeError)
    expect(() => server.reload({ port: 1 } as never)).toThrow("there is no option 'port'")
    expect(await (await request(server.url, { tls: { ca: first.cert } })).text()).toBe('old')
    const plain = new Server(say('x'))
    expect(() => plain.reload({ tls: pem(first) })).toThrow(/reload: tls needs a server/)
  })
})

describe('stats()', () => {
  it('counts requests by what became of them', async () => {
    const answers: Record<string, () => globalThis.Response> = {
      '/fine': () => new Response('x') as never,
      '/empty': () => new Response(null, { status: 204 }) as never,
      '/moved': () => Response.redirect('http://h/') as never,
      '/none': () => new Response('', { status: 404 }) as never,
    }
    const server = new Server(
      (incoming) => (answers[new URL(incoming.url).pathname] as () => globalThis.Response)(),
      { onError: () => {} },
    )
    for (const path of ['/fine', '/empty', '/moved', '/none', '/fine', '/throws'])
      await (await inject(server, path)).text()
    expect(server.stats()).toMatchObject({
      requests: 6,
      responses: 6,
      outcomes: {
        switched: 0,
        success: 3,
        redirect: 1,
        clientError: 1,
        serverError: 1,
        lost: 0,
      },
    })
  })

  it('counts a client that is lost, and a connection that speaks something else', async () => {
    const server = new Server((incoming, info) =>
      incoming.headers.has('upgrade')
        ? info.upgrade((stream) => void stream.close())
        : new Promise<never>(() => {}),
    )
    open.push(server)
    await inject(server, '/', { headers: { Connection: 'upgrade', Upgrade: 'x' } })
    const abort = new AbortController()
    const lost = inject(server, '/', { signal: abort.signal }).catch(() => {})
    await vi.waitFor(() => expect(server.stats().inFlight).toBe(1))
    abort.abort()
    await lost
    await vi.waitFor(() =>
      expect(server.stats()).toMatchObject({
        requests: 2,
        responses: 1,
        inFlight: 0,
        outcomes: { switched: 1, lost: 1 },
      }),
    )
  })
})
