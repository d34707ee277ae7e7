/** What a server does with a request body that comes slowly: a clock that is turned by hand, so that minutes take no time. */
import type { Connection } from '@sluice/socket'
import { FakeClock, memoryPair } from '@sluice/socket/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type Handler, Response, type ServeOptions, Server } from '../../src/index.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** What the handler was told at the end of a body. */
type Told = string

interface Talk {
  readonly clock: FakeClock
  readonly client: Connection
  readonly told: Told[]
  readonly server: Server
  /** Sends a piece each second, for so many. */
  drip(piece: string, seconds: number): Promise<void>
}

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}

function talk(options: ServeOptions = {}, before?: (clock: FakeClock) => Promise<void>): Talk {
  const clock = new FakeClock()
  const told: Told[] = []
  const handler = (async (incoming) => {
    await before?.(clock)
    const outcome = incoming.text().then(({ length }) => `${length} bytes`, String)
    told.push(await outcome)
    return new Response(await outcome)
  }) as Handler
  const server = new Server(handler, { clock, onError: () => {}, ...options })
  const [client, far] = memoryPair()
  server.handle(far)
  open.push(
    () => client.destroy(),
    () => server.close(),
  )
  return {
    clock,
    client,
    told,
    server,
    async drip(piece, seconds) {
      for (let i = 0; i < seconds; i++) {
        await clock.advance(1_000)
        if (!client.isOpen) return
        await client.sendAll(piece).catch(() => {})
        await turns()
      }
    },
  }
}

const POST = (length: number, more = '') =>
  `POST / HTTP/1.1\r\nHost: h\r\n${more}Content-Length: ${length}\r\n\r\n`
const TOO_SLOW = /takes too long over its body \(ERR_TIMEOUT, phase body/

describe('slow body', () => {
  it('a byte a second is cut off, and the reader is told', async () => {
    const { client, drip, told, server } = talk()
    await client.sendAll(POST(1_000_000))
    await drip('x', 19)
    expect(told).toEqual([])
    await drip('x', 3)
    expect(told[0]).toMatch(TOO_SLOW)
    expect(server.stats()).toMatchObject({ connections: 0, errors: { ERR_TIMEOUT: 1 } })
  })

  it('what comes at the rate may take as long as it takes', async () => {
    const { client, drip, told } = talk()
    await client.sendAll(POST(500 * 600))
    await drip('x'.repeat(500), 600)
    expect(told).toEqual(['300000 bytes'])
  })

  it.each([
    ['limits.bodyRate: 0 lets it take its time', { limits: { bodyRate: 0 } }, /^600 bytes$/],
    ['limits.bodyRate may be less', { limits: { bodyRate: 1 } }, /^600 bytes$/],
    ['limits.bodyRate may be more', { limits: { bodyRate: 501 } }, TOO_SLOW],
    [
      'timeout.request bounds the whole',
      { timeout: { request: 300_000 }, limits: { bodyRate: 0 } },
      TOO_SLOW,
    ],
  ])('%s', async (_, options, expected) => {
    const { client, drip, told } = talk(options)
    await client.sendAll(POST(600))
    await drip('x', 600)
    expect(told[0]).toMatch(expected)
  })

  it('a body that nobody wants does not come for ever either', async () => {
    const { client, drip, server } = talk({ limits: { body: 10 } })
    await client.sendAll(POST(1_000))
    await drip('x', 25)
    expect(server.stats().connections).toBe(0)
  })

  it('the time in which the handler has not asked for it does not count', async () => {
    const { client, drip, told } = talk({}, async (clock) => {
      for (let i = 0; i < 100; i++) await clock.advance(1_000)
    })
    await client.sendAll(POST(10, 'Expect: 100-continue\r\n'))
    await turns()
    expect(Buffer.from((await client.recv()) ?? []).toString()).toMatch(/^HTTP\/1\.1 100 /)
    await drip('x', 10)
    expect(told).toEqual(['10 bytes'])
  })

  it.each([
    ['limits.bodyRate', { limits: { bodyRate: -1 } }],
    ['timeout.request', { timeout: { request: Number.NaN } }],
  ])('%s is refused where it makes no sense', (_, options) => {
    expect(() => new Server(() => new Response() as never, options)).toThrow(RangeError)
  })
})
