/**
 * The part of the soak test that is about HTTP: a server under clients that stay, that drip, that ask as fast as they can,
 * and that still ask when it stops. The clients are `http-peer.mjs`, in the process of the peer.
 */
import type { AddressInfo } from 'node:net'
import { type Handler, Pool, Response, type Server, serve } from '../../packages/http/src/index.ts'
import type { randomOf } from './random.mjs'

/** What the soak test lends. */
interface Tools {
  ask(task: { do: string; [how: string]: unknown }): Promise<Record<string, number>>
  until(holds: () => boolean, what: string): Promise<void>
  many(count: number, width: number, task: () => Promise<void>): Promise<void>
  random: ReturnType<typeof randomOf>
}

/** How long a head may take, in the scenario of those that drip: as long as it takes for all of them to come. */
const patienceFor = (count: number): number => (count < 100 ? 400 : 2_000)
/** A deadline may be met that much later: the resolution of the ticker, and a machine that is busy. */
const LATE = 1_500

const hello = (() => new Response('hello')) as Handler
const at = ({ address }: Server): number => (address as unknown as AddressInfo).port
const all = { hostname: '0.0.0.0' }

function expectEqual(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`${a}, not ${b}`)
}

/** @returns the scenarios, in the order of the issue that asked for them */
export function httpScenarios({ ask, until, many, random }: Tools): {
  what: string
  count: number
  run(count: number): Promise<string>
}[] {
  return [
    {
      what: 'HTTP: idle connections',
      count: 5_000,
      async run(count) {
        const server = await serve(hello, all)
        const { answers } = await ask({ do: 'askAndHold', port: at(server), count })
        expectEqual([answers, server.stats().connections], [count, count])
        await ask({ do: 'letGo' })
        await until(() => server.stats().connections === 0, 'no connection')
        await server.close()
        return `${answers} answers, then idle`
      },
    },
    {
      what: 'HTTP: heads that drip',
      count: 1_000,
      async run(count) {
        const headers = patienceFor(count)
        const server = await serve(hello, { ...all, timeout: { headers } })
        const pool = new Pool()
        let good = 0
        let slowest = 0
        let isOver = false
        const dripping = ask({ do: 'drip', port: at(server), count, every: headers / 4 }).finally(
          () => (isOver = true),
        )
        await many(4, 4, async () => {
          while (!isOver) {
            const begun = performance.now()
            const response = await pool.request(`http://127.0.0.1:${at(server)}/`)
            expectEqual(await response.text(), 'hello')
            slowest = Math.max(slowest, performance.now() - begun)
            good++
            // Good clients are not what is tried here: they come now and then.
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
        })
        const { timeouts, first = 0, last = 0 } = await dripping
        await pool.close()
        await server.close()
        expectEqual(timeouts, count)
        if (first < headers - 100 || last > headers + LATE)
          throw new Error(`told 408 after ${first} to ${last} ms`)
        const times = `${(first / 1000).toFixed(1)} to ${(last / 1000).toFixed(1)} s`
        return `408 after ${times}; ${good} others, ${slowest.toFixed(0)} ms at most`
      },
    },
    {
      what: 'HTTP: requests',
      count: 300_000,
      async run(count) {
        const server = await serve(hello, all)
        const begun = performance.now()
        const { answers } = await ask({ do: 'load', port: at(server), count, pipelined: 4 })
        const seconds = (performance.now() - begun) / 1000
        const { requests, responses } = server.stats()
        await server.close()
        expectEqual([answers, requests, responses], [count, count, count])
        return `${(count / seconds / 1000).toFixed(0)} thousand a second`
      },
    },
    {
      what: 'HTTP: requests of a pool',
      count: 30_000,
      async run(count) {
        const { port } = await ask({ do: 'nodeServer' })
        const pool = new Pool()
        let bytes = 0
        await many(count, 50, async () => {
          const text = await (await pool.request(`http://127.0.0.1:${port}/`)).text()
          bytes += text.length
        })
        const { connections, requests } = pool.stats
        await pool.close()
        await ask({ do: 'closeNodeServer' })
        expectEqual([bytes, requests], [5 * count, count])
        return `on ${connections} connections`
      },
    },
    {
      what: 'HTTP: stops under load',
      count: 100,
      async run(count) {
        let taken = 0
        await many(count, 1, async () => {
          const handler = (async () => {
            await new Promise((resolve) => setTimeout(resolve, random.below(5)))
            return new Response('hello')
          }) as Handler
          const server = await serve(handler, all)
          const pressing = ask({ do: 'press', port: at(server), connections: 20, pipelined: 4 })
          await until(() => server.stats().responses > 20 + random.below(200), 'some answers')
          await server.shutdown({ grace: 5_000 })
          const { requests, responses, outcomes } = server.stats()
          const { answers, broken } = await pressing
          expectEqual([responses, outcomes.lost, answers, broken], [requests, 0, requests, 0])
          taken += requests
        })
        return `${taken} requests taken, ${taken} answered`
      },
    },
  ]
}
