import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { afterEach, describe, expect, it } from 'vitest'
import { request, type Server, serve } from '../src/index.ts'

let server: Server | undefined
afterEach(async () => {
  await server?.close()
})

const app = new Hono()
app.get('/', (c) => c.text('hello'))
app.get('/json', (c) => c.json({ query: c.req.query('q'), agent: c.req.header('User-Agent') }))
app.post('/echo', async (c) => c.json(await c.req.json()))
app.post('/form', async (c) => c.json(await c.req.parseBody()))
app.get('/sse', (c) =>
  streamSSE(c, async (stream) => {
    await stream.writeSSE({ data: 'one' })
    await stream.writeSSE({ data: 'two' })
  }),
)
app.get('/fail', () => {
  throw new Error('no')
})
app.onError((_, c) => c.text('handled', 500))

describe('a Hono app', () => {
  it.each([
    ['as an object with fetch', app],
    ['as a function', app.fetch],
  ])('runs %s', async (_, handler) => {
    server = await serve(handler)
    expect(await (await request(server.url)).text()).toBe('hello')
    const json = await request(`${server.url}json?q=1`, { headers: { 'User-Agent': 'test' } })
    expect(await json.json()).toEqual({ query: '1', agent: 'test' })
    const echo = await request(`${server.url}echo`, { method: 'POST', body: '{"a":[1]}' })
    expect(await echo.json()).toEqual({ a: [1] })
    const form = await request(`${server.url}form`, {
      method: 'POST',
      body: new URLSearchParams({ a: 'b' }),
    })
    expect(await form.json()).toEqual({ a: 'b' })
    const events = await request(`${server.url}sse`)
    expect(await events.text()).toBe('data: one\n\ndata: two\n\n')
    const failed = await request(`${server.url}fail`)
    expect([failed.status, await failed.text()]).toEqual([500, 'handled'])
    expect((await request(`${server.url}none`)).status).toBe(404)
  })
})
