import { H3 } from 'h3'
import { Hono } from 'hono'
import { AutoRouter, Router } from 'itty-router'
import { expectTypeOf, it } from 'vitest'
import { type Handler, Headers, Request, Response, type Server, serve } from '../src/index.ts'

it('a Hono app is a handler, and so is its fetch', () => {
  const app = new Hono()
  expectTypeOf(serve(app)).toEqualTypeOf<Promise<Server>>()
  expectTypeOf(serve(app.fetch)).toEqualTypeOf<Promise<Server>>()
})

it('an app of itty-router or h3 is a handler', () => {
  expectTypeOf(serve(AutoRouter())).toEqualTypeOf<Promise<Server>>()
  expectTypeOf(serve(Router().fetch)).toEqualTypeOf<Promise<Server>>()
  expectTypeOf(serve({ ...AutoRouter() })).toEqualTypeOf<Promise<Server>>()
  const app = new H3().get('/', () => 'hello')
  expectTypeOf(serve(app)).toEqualTypeOf<Promise<Server>>()
})

it('our classes are those of the web, by their types', () => {
  expectTypeOf(new Response('x')).toExtend<globalThis.Response>()
  expectTypeOf(new Request('http://h/')).toExtend<globalThis.Request>()
  expectTypeOf(new Headers()).toExtend<globalThis.Headers>()
})

it('a handler may return ours or the platform one', () => {
  expectTypeOf((_: globalThis.Request) => new Response('x')).toExtend<Handler>()
  expectTypeOf(async (_: globalThis.Request) => new globalThis.Response('x')).toExtend<Handler>()
})

it('where a server listens is asked without looking what it is', async () => {
  const { address } = await serve(() => new Response('x'))
  expectTypeOf(address.port).toEqualTypeOf<number | undefined>()
  if (address.family !== 'Unix') expectTypeOf(address.port).toEqualTypeOf<number>()
})
