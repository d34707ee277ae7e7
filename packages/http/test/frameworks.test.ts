import { connect } from '@sluice/socket'
import { H3, HTTPError, handleCors, readBody } from 'h3'
import { AutoRouter, cors, error, json } from 'itty-router'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { ClientConnection, type Handler, request, type Server, serve } from '../src/index.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function start(handler: Handler | { fetch: Handler }): Promise<Server> {
  const server = await serve(handler)
  open.push(server)
  return server
}

async function ask(server: Server, path: string, init: Parameters<typeof request>[1] = {}) {
  const response = await request(new URL(path, server.url), init)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('itty-router', () => {
  const { preflight, corsify } = cors()
  const router = AutoRouter({ before: [preflight], finally: [corsify] })
  router
    .get('/hello/:name', ({ params, query }) => ({ name: params['name'], query }))
    .post('/echo', async (incoming) => json(await incoming.json(), { status: 201 }))
    .get('/teapot', () => error(418, 'short and stout'))
    .get('/throws', () => {
      throw new Error('no')
    })

  it.each([
    ['as an object with fetch', router],
    ['as a function', router.fetch],
  ])('runs %s', async (_, app) => {
    const server = await start(app)
    const hello = await ask(server, 'hello/Ada?x=1')
    expect(JSON.parse(hello.text)).toEqual({ name: 'Ada', query: { x: '1' } })
    expect(hello.headers.get('access-control-allow-origin')).toBe('*')
    const body = JSON.stringify({ a: [1] })
    const headers = { 'Content-Type': 'application/json' }
    const echo = await ask(server, 'echo', { method: 'POST', body, headers })
    expect([echo.status, echo.text]).toEqual([201, body])
    expect((await ask(server, 'teapot')).status).toBe(418)
    expect((await ask(server, 'throws')).status).toBe(500)
    expect((await ask(server, 'nowhere')).status).toBe(404)
    expect((await ask(server, 'echo', { method: 'OPTIONS' })).status).toBe(204)
  })
})

describe('h3', () => {
  const app = new H3()
    .get('/hello/:name', (event) => ({ name: event.context.params?.['name'] }))
    .post('/echo', async (event) => ({ got: await readBody(event) }))
    .get('/text', (event) => {
      event.res.headers.set('X-Mine', 'yes')
      return 'plain'
    })
    .get('/stream', () => new Blob(['one', 'two']).stream())
    .get('/gone', () => {
      throw new HTTPError({ status: 410, message: 'gone' })
    })
    .all('/cors', (event) => handleCors(event, { origin: '*' }) || 'ok')
    .get('/url', (event) => event.url.pathname + event.url.search)

  it.each([
    ['as an object with fetch', app],
    ['as a function', (incoming: Request) => app.fetch(incoming)],
  ])('runs %s', async (_, handler) => {
    const server = await start(handler)
    expect(JSON.parse((await ask(server, 'hello/Ada')).text)).toEqual({ name: 'Ada' })
    const headers = { 'Content-Type': 'application/json' }
    const echo = await ask(server, 'echo', { method: 'POST', body: '{"a":1}', headers })
    expect(JSON.parse(echo.text)).toEqual({ got: { a: 1 } })
    const plain = await ask(server, 'text')
    expect([plain.text, plain.headers.get('x-mine')]).toEqual(['plain', 'yes'])
    expect((await ask(server, 'stream')).text).toBe('onetwo')
    expect((await ask(server, 'gone')).status).toBe(410)
    expect((await ask(server, 'nowhere')).status).toBe(404)
    expect((await ask(server, 'url?a=b')).text).toBe('/url?a=b')
  })
})

describe('ws', () => {
  const sockets = new WebSocketServer({ noServer: true })

  /** The recipe of the README. */
  const handler: Handler = (incoming, info) =>
    info.upgrade(
      (stream) => {
        const { method, headers } = incoming
        const message = { method, url: info.target, headers: Object.fromEntries(headers) }
        const socket = stream.detach()
        sockets.handleUpgrade(message as never, socket, Buffer.alloc(0), (one) => {
          one.on('message', (data, isBinary) => one.send(data, { binary: isBinary }))
        })
      },
      { head: false },
    )

  it('takes our upgrade: text, binary, large and compressed messages, ping, and both ways to close', async () => {
    const server = await start(handler)
    const socket = new WebSocket(server.url.replace('http', 'ws'))
    const heard: string[] = []
    socket.on('message', (data, isBinary) => heard.push(`${isBinary} ${String(data).length}`))
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send('hello')
    socket.send(Buffer.alloc(5))
    socket.send('x'.repeat(1_000_000))
    await vi.waitFor(() => expect(heard).toEqual(['false 5', 'true 5', 'false 1000000']), 5000)
    const pong = new Promise((resolve) => socket.once('pong', resolve))
    socket.ping()
    await pong
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.close(1000)
    expect(await closed).toBe(1000)
    await vi.waitFor(() => expect(sockets.clients.size).toBe(0))
    const other = new WebSocket(server.url.replace('http', 'ws'))
    await new Promise((resolve) => other.once('open', resolve))
    const code = new Promise((resolve) => other.once('close', resolve))
    for (const one of sockets.clients) one.close(1001, 'bye')
    expect(await code).toBe(1001)
  })

  it('says no in its own words', async () => {
    const server = await start(handler)
    const connection = new ClientConnection(await connect(new URL(server.url).host))
    open.push(connection)
    const headers = { Connection: 'upgrade', Upgrade: 'websocket' }
    const response = await connection.request('/', { headers })
    expect([response.status, await response.text()]).toEqual([
      400,
      'Missing or invalid Sec-WebSocket-Key header',
    ])
  })

  it('a client that vanishes ends the socket and not the server', async () => {
    const server = await start(handler)
    const socket = new WebSocket(server.url.replace('http', 'ws'))
    await new Promise((resolve) => socket.once('open', resolve))
    socket.terminate()
    await vi.waitFor(() => expect(sockets.clients.size).toBe(0))
    expect(server.stats()).toMatchObject({ connections: 0, outcomes: { switched: 1 } })
  })
})
