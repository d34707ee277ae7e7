import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect } from '@sluice/socket'
import { afterEach, describe, expect, it } from 'vitest'
import { Response, request, type Server, serve } from '../src/index.ts'
import { connectionPair } from '../src/testing.ts'

type Direction = 'sent' | 'received'
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
      ['chunk', 'received'],
      ['body', 'received'],
      ['end', undefined],
    ])
    const connection = ours[0]?.['connection']
    expect(sockets.some((event) => event.id === connection && event.name === 'open')).toBe(true)
    const theirs = events.filter((event) => event.parent !== 4711)
    expect(theirs.map((event) => event.name)).toEqual([
      'request-head',
      'response-head',
      'chunk',
      'body',
      'end',
    ])
    expect(theirs.every((event) => event.parent === event['connection'])).toBe(true)
  })

  it('hides passwords in URLs', async () => {
    const told: string[] = []
    const onHttp = (event: unknown) => void told.push(JSON.stringify(event))
    const headers = [['Location', 'http://me:secret@h/']]
    server = await serve((() => new Response('', { status: 302, headers } as never)) as never)
    subscribe('sluice:http', onHttp)
    try {
      await request(server.url, { headers: { Referer: 'http://me:secret@h/' } })
      const connection = await connect(new URL(server.url).host)
      await connection.sendAll('GET http://me:secret@h//a@b HTTP/1.1\r\nHost: h\r\n\r\n')
      await connection.recv()
      await connection.close()
    } finally {
      unsubscribe('sluice:http', onHttp)
    }
    expect(told.join('\n')).not.toContain('secret')
    const masked = ['Location: http://me:***@h/', 'Referer: http://me:***@h/', '"http://me:***@h//']
    for (const text of masked) expect(told.join('\n')).toContain(text)
  })

  it('tells each piece, trailers, a connection that is used again, and the end of HTTP on it', async () => {
    const told: Record<Direction, string[]> = { sent: [], received: [] }
    const client: string[] = []
    const answering: string[] = []
    const onHttp = (event: unknown): void => {
      const { name, parent, direction, bytes, fields, status, protocol } = event as Event
      const facts = [name, direction, status, bytes, fields, protocol]
      const line = facts.filter((fact) => fact !== undefined).join(' ')
      ;(parent === 4711 ? client : answering).push(line)
      if (name === 'chunk') told[direction as Direction].push(String(bytes))
    }
    async function* pieces() {
      yield 'one'
      yield 'three'
    }
    const [near, there] = connectionPair(async (incoming, info) => {
      if (info.target === '/switch') return info.upgrade((stream) => stream.close())
      await incoming.text()
      info.informational(103, { Link: '</a>' })
      return new Response(pieces() as never, { trailers: () => ({ X: 'y' }) as never }) as never
    })
    server = there
    const trace = { parent: 4711 }
    subscribe('sluice:http', onHttp)
    try {
      await (await near.request('/', { trace, method: 'POST', body: pieces() as never })).text()
      const headers = { Connection: 'upgrade', Upgrade: 'echo' }
      await near.request('/switch', { trace, headers })
    } finally {
      unsubscribe('sluice:http', onHttp)
    }
    expect(client.filter((line) => !line.startsWith('chunk received'))).toEqual([
      'request-head sent',
      'chunk sent 3',
      'chunk sent 5',
      'body sent 8',
      'response-head received 103',
      'response-head received 200',
      'body received 8',
      'trailer received 1',
      'end',
      'reuse',
      'request-head sent',
      'response-head received 101',
      'upgrade echo',
      'end',
    ])
    expect(answering.filter((line) => !line.startsWith('chunk received'))).toEqual([
      'request-head received',
      'body received 8',
      'response-head sent 103',
      'response-head sent 200',
      'chunk sent 3',
      'chunk sent 5',
      'body sent 8',
      'trailer sent 1',
      'end',
      'reuse',
      'request-head received',
      'response-head sent 101',
      'upgrade echo',
    ])
    const sum = (all: readonly string[]) => all.reduce((total, bytes) => total + Number(bytes), 0)
    expect([sum(told.sent), sum(told.received)]).toEqual([16, 16])
  })
})
