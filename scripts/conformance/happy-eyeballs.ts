// Format `happy-eyeballs`: a name's answers and what each address does, on a clock turned by hand, run through
// the real connect(). Only the resolver and the sockets are made up.
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { Resolver } from '../../packages/socket/src/dns.ts'
import { connect, type System } from '../../packages/socket/src/index.ts'
import { FakeClock } from '../../packages/socket/src/testing.ts'
import type { Case, Verdict } from './corpus.ts'
import { show } from './decode.ts'

interface Race {
  dns: Record<'a' | 'aaaa', [at: number | 'never', answer?: string[] | string]>
  connect: Record<string, ['ok' | 'refused' | 'hang', after?: number]>
  expect: {
    winner: string | null
    attempts: [address: string, at: number][]
    settledAt: number
    openSocketsAfter: number
  }
}

const TOLERANCE = 5

/** @returns what is wrong, or `undefined` */
export async function runHappyEyeballs(test: Case): Promise<Verdict> {
  const { dns, connect: network, expect } = test as unknown as Race
  const clock = new FakeClock()
  const after = <T>(ms: number, give: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      clock.setTimeout(() => {
        try {
          resolve(give())
        } catch (error) {
          reject(error)
        }
      }, ms)
    })
  const resolver: Resolver = {
    separate: true,
    resolve: (_hostname, { family }) => {
      const [at, answer] = dns[family === 6 ? 'aaaa' : 'a']
      if (at === 'never') return new Promise(() => {})
      return after(at, () => {
        if (typeof answer === 'string')
          throw Object.assign(new Error(answer), {
            code: answer === 'NXDOMAIN' ? 'ENOTFOUND' : 'ESERVFAIL',
          })
        return {
          addresses: (answer ?? []).map((name) => ({
            address: addressOf(name),
            family: family as 4 | 6,
          })),
        }
      })
    },
  }
  const attempts: [string, number][] = []
  const sockets: { destroyed: boolean }[] = []
  const system = {
    clock,
    networkInterfaces: () => [{ addresses: ['192.0.2.99', '2001:db8::99'] }],
    connect: ({ host }: { host: string }) => {
      const name = nameOf(host)
      const socket = fakeSocket(host)
      sockets.push(socket)
      attempts.push([name, clock.now()])
      const [result, ms] = network[name] ?? ['hang']
      if (result === 'ok') clock.setTimeout(() => socket.emit('connect'), ms ?? 0)
      if (result === 'refused')
        clock.setTimeout(
          () => socket.emit('error', Object.assign(new Error(), { code: 'ECONNREFUSED' })),
          ms ?? 0,
        )
      return socket
    },
  } as unknown as System
  const controller = new AbortController()
  const [, abortAt] = /^abort@(\d+)$/.exec(expect.winner ?? '') ?? []
  if (abortAt) clock.setTimeout(() => controller.abort(), Number(abortAt))

  let outcome: { winner: string | null; settledAt: number } | undefined
  connect('name.test:1', { system, resolver, signal: controller.signal }).then(
    ({ remoteAddress }) => {
      const hostname = (remoteAddress as { hostname: string }).hostname
      outcome = { winner: nameOf(hostname), settledAt: clock.now() }
    },
    () => {
      outcome = { winner: abortAt ? `abort@${clock.now()}` : null, settledAt: clock.now() }
    },
  )
  await clock.advance(2_000)
  if (outcome === undefined) return 'the race did not end'
  const openSocketsAfter = sockets.filter(({ destroyed }) => !destroyed).length
  const found = { ...outcome, openSocketsAfter, attempts }
  return isClose(found, expect) ? undefined : `${show(found)} instead of ${show(expect)}`
}

function isClose(found: Race['expect'], expected: Race['expect']): boolean {
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= TOLERANCE
  return (
    found.winner === expected.winner &&
    found.openSocketsAfter === expected.openSocketsAfter &&
    near(found.settledAt, expected.settledAt) &&
    found.attempts.length === expected.attempts.length &&
    found.attempts.every(([name, at], i) => {
      const [wanted, when] = expected.attempts[i] as [string, number]
      return name === wanted && near(at, when)
    })
  )
}

/** The cases call their addresses 4a, 6b: documentation addresses (RFC 5737, RFC 3849) stand in for them. */
function addressOf(name: string): string {
  const host = name.charCodeAt(1) - 0x60
  return name.startsWith('6') ? `2001:db8::${host}` : `192.0.2.${host}`
}

function nameOf(address: string): string {
  const host = Number(address.replace(/^.*[.:]/, ''))
  return `${address.includes(':') ? 6 : 4}${String.fromCharCode(host + 0x60)}`
}

/** As much of a net.Socket as an attempt and its connection touch. */
function fakeSocket(remoteAddress: string): Socket & { destroyed: boolean } {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress,
    remotePort: 1,
    remoteFamily: remoteAddress.includes(':') ? 'IPv6' : 'IPv4',
    destroyed: false,
    isPaused: () => false,
    resume: () => {},
    pause: () => {},
    destroy: () => {
      socket.destroyed = true
    },
  })
  return socket as unknown as Socket & { destroyed: boolean }
}
