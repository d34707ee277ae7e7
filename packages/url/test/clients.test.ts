import { serve } from '@sluice/http'
import ky, { HTTPError } from 'ky'
import { createFetch, FetchError as OfetchError } from 'ofetch'
import createClient from 'openapi-fetch'
import { expect, test } from 'vitest'
import { Client, fetch } from '../src/index.ts'
import { open } from './kit.ts'

/** Our fetch has the platform's types as far as anybody looks. */
const ours = fetch as unknown as typeof globalThis.fetch

async function server(): Promise<string> {
  let busy = 0
  const made = await serve(async (request) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/missing') return Response.json({ message: 'no' }, { status: 404 })
    if (pathname === '/busy' && busy++ === 0) return new Response('', { status: 503 })
    return Response.json({
      method: request.method,
      query: searchParams.get('q'),
      type: request.headers.get('content-type'),
      body: await request.text(),
    })
  })
  open.push(made)
  return made.url
}

test('ky: prefix, JSON both ways, errors, retry', async () => {
  const api = ky.create({
    prefixUrl: await server(),
    fetch: ours,
    retry: { limit: 1, delay: () => 1 },
  })
  const answer = await api.post('items', { json: { a: 1 }, searchParams: { q: 'x' } }).json()
  expect(answer).toEqual({ method: 'POST', query: 'x', type: 'application/json', body: '{"a":1}' })
  expect(await api.get('busy').json()).toMatchObject({ method: 'GET' })
  const error = await api.get('missing', { retry: 0 }).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(HTTPError)
  expect(await (error as HTTPError).response.json()).toEqual({ message: 'no' })
})

test('ofetch: JSON both ways, interceptors, errors', async () => {
  const seen: number[] = []
  const api = createFetch({
    fetch: ours,
    Headers: globalThis.Headers,
    AbortController: globalThis.AbortController,
  }).create({
    baseURL: await server(),
    retry: 0,
    onResponse: ({ response }) => void seen.push(response.status),
  })
  expect(await api('/items', { method: 'PUT', body: { a: 1 }, query: { q: 'x' } })).toMatchObject({
    method: 'PUT',
    query: 'x',
    body: '{"a":1}',
  })
  const error = await api('/missing').catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(OfetchError)
  expect((error as OfetchError).data).toEqual({ message: 'no' })
  expect(seen).toEqual([200, 404])
})

test('openapi-fetch, with a client of ours', async () => {
  interface paths {
    '/items': {
      get: {
        parameters: { query?: { q?: string } }
        responses: { 200: { content: { 'application/json': { query: string } } } }
      }
    }
    '/missing': {
      get: { responses: { 404: { content: { 'application/json': { message: string } } } } }
    }
  }
  const client = new Client()
  open.push(client)
  const baseUrl = await server()
  const api = createClient<paths>({
    baseUrl,
    fetch: ((input: Request) => client.fetch(input)) as never,
  })
  const { data } = await api.GET('/items', { params: { query: { q: 'x' } } })
  expect(data).toMatchObject({ method: 'GET', query: 'x' } as never)
  const { error, response } = await api.GET('/missing', {})
  expect([response.status, error]).toEqual([404, { message: 'no' }])
})
