import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, it } from 'vitest'
import { Response, request, type Server, serve } from '../src/index.ts'

type Event = { id: number; parent: number; layer: string; name: string } & Record<string, unknown>

let server: Server | undefined
afterEach(async () => {
  await server?.close()
})

describe('the channel sluice:http', () => {
  it('tells the life of an exchange, and which connection carried it', async () => {
    const events: Event[] = []
    const sockets: Event[] = []
    const onHttp = (event: unknown) => void events.push(event as Event)
    const onSocket = (event: unknown) => void sockets.push(event as Event)
    server = await serve((() => new Response('hi')) as never)
    subscribe('sluice:http', onHttp)
    subscribe('sluice:socket', onSocket)
    try {
      await (await request(server.url, { trace: { parent: 4711 } })).text()
      while (events.filter((event) => event.name === 'end').length < 2)
        await new Promise((resolve) => setTimeout(resolve, 1))
    } finally {
      unsubscribe('sluice:http', onHttp)
      unsubscribe('sluice:socket', onSocket)
    }
    const ours = events.filter((event) => event.parent === 4711)
    expect(ours.map((event) => [event.name, event['direction']])).toEqual([
      ['request-head', 'sent'],
      ['response-head', 'received'],
      ['body', 'received'],
      ['end', undefined],
    ])
    const connection = ours[0]?.['connection']
    expect(sockets.some((event) => event.id === connection && event.name === 'open')).toBe(true)
    const theirs = events.filter((event) => event.parent !== 4711)
    expect(theirs.map((event) => event.name)).toEqual([
      'request-head',
      'response-head',
      'body',
      'end',
    ])
    expect(theirs.every((event) => event.parent === event['connection'])).toBe(true)
  })
})
