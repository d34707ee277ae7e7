/**
 * Chance at every parser of this layer: bytes and text of strangers, and good ones with a byte changed. Whatever comes,
 * there is an answer or one of the errors that the docblocks name; nothing trips, nothing hangs. The seed is fixed: a
 * failure is the same one tomorrow.
 */
import { delimited, lengthPrefixed, lines, ReceiveBuffer } from '@sluice/socket/bytes'
import { isNetError } from '@sluice/socket/errors'
import { inetAton, inetNtop, inetPton, parseNetwork } from '@sluice/socket/ip'
import {
  type Dialogue,
  formatProxyHeader,
  parseProxyHeader,
  Refusal,
  socks4,
  socks5,
} from '@sluice/socket/proxy'
import { parseCertificate } from '@sluice/socket/tls'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatEndpoint, parseTarget } from '../src/core/address.ts'
import { parseCommandLine, UsageError } from '../src/core/command-line.ts'
import { inside, readOne } from '../src/core/der.ts'
import { formatNetwork, networkContains } from '../src/core/network.ts'
import { parsePem } from '../src/core/pem.ts'
import { decodeSession, encodeSession } from '../src/core/tls-session.ts'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from './certificates.ts'

const RUNS = { seed: 20_260_101, numRuns: 400 }
/** An engine that tripped says so with a TypeError of its own; ours are about arguments, which are right here. */
const ERRORS = [SyntaxError, RangeError, Refusal, UsageError]

/** Calls a parser; what it may throw is no result. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    const known = ERRORS.some((kind) => error instanceof kind) || isNetError(error)
    if (!known) throw new Error(`tripped: ${(error as Error).stack}`, { cause: error })
    expect((error as Error).message.length).toBeLessThan(1_000)
    return undefined
  }
}

/** Texts that are nearly what a parser wants: made of the characters that mean something to it. */
const textOf = (letters: string) =>
  fc.oneof(
    fc.string({ unit: fc.constantFrom(...letters), maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
  )
const bytes = fc.uint8Array({ maxLength: 300 })
/** Something good with a few bytes changed, and cut somewhere. */
const nearly = (good: Uint8Array) =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(good.length),
      fc.boolean(),
    )
    .map(([changes, cut, isCut]) => {
      const changed = Uint8Array.from(good)
      for (const [at, byte] of changes) changed[at] = byte
      return isCut ? changed.subarray(0, cut) : changed
    })

describe('text', () => {
  test('a target that is read is written so that it is read again', () => {
    const property = fc.property(textOf('tcpudsnix:/.[]%@#0159 ab-'), (given) => {
      const endpoint = attempt(() => parseTarget(given))
      if (endpoint === undefined || 'path' in endpoint) return
      expect(parseTarget(formatEndpoint(endpoint))).toEqual(endpoint)
    })
    fc.assert(property, RUNS)
  })

  test('an address has the bytes that its text has', () => {
    const property = fc.property(textOf('0123456789abcdefx.:% \t'), (given) => {
      for (const family of [2, 10] as const) {
        const found = attempt(() => inetPton(family, given))
        if (found !== undefined) expect(inetPton(family, inetNtop(family, found))).toEqual(found)
      }
      expect(attempt(() => inetAton(given))?.length ?? 4).toBe(4)
    })
    fc.assert(property, RUNS)
  })

  test('a network holds its own address', () => {
    const property = fc.property(textOf('0123456789af.:/'), (given) => {
      const network = attempt(() => parseNetwork(given))
      if (network === undefined) return
      const [address = ''] = formatNetwork(network).split('/')
      expect(networkContains(network, address)).toBe(true)
      expect(parseNetwork(formatNetwork(network))).toEqual(network)
    })
    fc.assert(property, RUNS)
  })

  test('a command line is a plan, a text, or one sentence', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'connect',
        'listen',
        'relay',
        '--tls',
        '--timeout',
        '-vx',
        '--',
        '--latency=5',
        '80',
      ),
      textOf('-=connectlisv 09:'),
    )
    const property = fc.property(fc.array(word, { maxLength: 6 }), (given) => {
      attempt(() => parseCommandLine(given))
    })
    fc.assert(property, RUNS)
  })

  test('PEM around anything', () => {
    const property = fc.property(textOf('-BEGINCRTFATE \n=+/aA9'), (given) => {
      attempt(() => parsePem(given))
      attempt(() => parsePem(`-----BEGIN X-----\n${given}\n-----END X-----`))
      attempt(() =>
        parseCertificate(`-----BEGIN CERTIFICATE-----\n${given}-----END CERTIFICATE-----`),
      )
    })
    fc.assert(property, RUNS)
  })
})

describe('bytes', () => {
  const { cert } = makeCertificate({ name: 'server', issuer: makeAuthority(), names: LOCAL_NAMES })
  const { der } = parseCertificate(cert)

  test('a certificate, and what is nearly one', () => {
    const property = fc.property(fc.oneof(bytes, nearly(der)), (given) => {
      const read = attempt(() => parseCertificate(given))
      if (read !== undefined) expect(read.fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    })
    fc.assert(property, RUNS)
  })

  test('DER to its depths', () => {
    const walk = (element: ReturnType<typeof readOne>, depth = 0): void => {
      if (depth < 50) for (const inner of inside(element)) walk(inner, depth + 1)
    }
    const property = fc.property(fc.oneof(bytes, nearly(der)), (given) => {
      attempt(() => walk(readOne(given, 0x30)))
    })
    fc.assert(property, RUNS)
  })

  test('a kept session', () => {
    const good = encodeSession({ chain: [der.subarray(0, 40)], native: Uint8Array.of(1, 2, 3) })
    const property = fc.property(fc.oneof(bytes, nearly(good)), (given) => {
      attempt(() => decodeSession(given))
    })
    fc.assert(property, RUNS)
  })

  test('a PROXY header, whole and in two pieces', () => {
    const ends = {
      source: { hostname: '192.0.2.1', port: 5 },
      destination: { hostname: '192.0.2.2', port: 6 },
    }
    const all = ([1, 2] as const).flatMap((version) => [
      nearly(formatProxyHeader(version, ends)),
      nearly(formatProxyHeader(version)),
    ])
    const property = fc.property(fc.oneof(bytes, ...all), fc.nat(60), (given, cut) => {
      const whole = attempt(() => parseProxyHeader(given))
      const part = attempt(() => parseProxyHeader(given.subarray(0, cut)))
      // A header that is complete does not change when more comes.
      if (part !== undefined) expect(whole).toEqual(part)
      if (whole !== undefined) expect(whole.consumed).toBeLessThanOrEqual(given.length)
    })
    fc.assert(property, RUNS)
  })

  test('dialogues with a proxy that says anything', () => {
    const makers: (() => Dialogue<unknown>)[] = [
      () => socks5('name.test', 80, { username: 'u', password: 'p' }),
      () => socks5('::1', 80),
      () => socks4('name.test', 80),
    ]
    /** Often a good beginning, so that the later answers are reached. */
    const answers = fc.oneof(
      bytes,
      bytes.map((rest) => Uint8Array.of(5, 2, 1, 0, 5, 0, 0, ...rest)),
      bytes.map((rest) => Uint8Array.of(5, 0, 5, 0, 0, ...rest)),
      bytes.map((rest) => Uint8Array.of(0, 90, ...rest)),
    )
    const property = fc.property(answers, fc.constantFrom(...makers), (given, make) => {
      attempt(() => {
        const dialogue = make()
        let at = 0
        let turns = 0
        for (let step = dialogue.next(); !step.done; ) {
          expect(turns++).toBeLessThan(20)
          if ('send' in step.value) step = dialogue.next(new Uint8Array())
          else {
            const { receive } = step.value
            expect(receive).toBeLessThan(256)
            if (at + receive > given.length) return
            step = dialogue.next(given.slice(at, at + receive))
            at += receive
          }
        }
      })
    })
    fc.assert(property, RUNS)
  })

  test('frames come out the same, whole and byte by byte', () => {
    const framers = [
      lines({ max: 40 }),
      delimited('\r\n', { max: 40 }),
      lengthPrefixed({ size: 1 }),
      lengthPrefixed({ size: 2, max: 500 }),
    ]
    const stream = fc.oneof(
      bytes,
      textOf('ab\r\n').map((given) => new TextEncoder().encode(given)),
    )
    const property = fc.property(stream, fc.constantFrom(...framers), (given, framer) => {
      const read = (size: number): unknown[] => {
        const buffer = new ReceiveBuffer()
        const found: unknown[] = []
        for (let at = 0; at < given.length; at += size) {
          buffer.append(given.slice(at, at + size))
          try {
            for (let one = framer.take(buffer); one !== undefined; one = framer.take(buffer))
              found.push([...one])
          } catch (error) {
            if (!isNetError(error, 'ERR_TOO_LONG')) throw error
            found.push('too long')
            return found
          }
        }
        return found
      }
      expect(read(1)).toEqual(read(given.length || 1))
    })
    fc.assert(property, RUNS)
  })

  test('a receive buffer is a queue of bytes, however it is filled and emptied', () => {
    const chunk = fc.uint8Array({ maxLength: 20 })
    const step = fc.oneof(
      fc.record({
        do: fc.constantFrom('append', 'appendCopy', 'unread'),
        bytes: chunk,
        count: fc.constant(0),
      }),
      fc.record({
        do: fc.constantFrom(
          'takeSome',
          'takeAtMost',
          'takeExactly',
          'takeAll',
          'takeInto',
          'peek',
          'find',
          'takeUntil',
        ),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 2 }),
        count: fc.integer({ min: 1, max: 30 }),
      }),
    )
    const property = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const buffer = new ReceiveBuffer()
      let model = Buffer.alloc(0)
      const takes = (got: Uint8Array | undefined): void => {
        expect([...(got ?? [])]).toEqual([...model.subarray(0, got?.length ?? 0)])
        model = model.subarray(got?.length ?? 0)
      }
      for (const { do: verb, bytes: given, count } of steps) {
        if (verb === 'append') buffer.append(Uint8Array.from(given))
        if (verb === 'appendCopy') buffer.appendCopy(given)
        if (verb === 'append' || verb === 'appendCopy') model = Buffer.concat([model, given])
        else if (verb === 'unread') {
          buffer.unread(Uint8Array.from(given))
          model = Buffer.concat([given, model])
        } else if (verb === 'takeSome') takes(buffer.takeSome(count))
        else if (verb === 'takeAtMost') takes(buffer.takeAtMost(count))
        else if (verb === 'takeExactly') takes(buffer.takeExactly(count))
        else if (verb === 'takeAll') takes(buffer.takeAll())
        else if (verb === 'takeUntil') takes(buffer.takeUntil(given))
        else if (verb === 'find') expect(buffer.find(given)).toBe(model.indexOf(given))
        else if (verb === 'peek') {
          const seen = [...(buffer.peek(count) ?? [])]
          expect(seen).toEqual([...model.subarray(0, seen.length)])
        } else if (verb === 'takeInto') {
          const target = new Uint8Array(count)
          takes(target.subarray(0, buffer.takeInto(target)))
        }
        expect(buffer.length).toBe(model.length)
      }
    })
    fc.assert(property, RUNS)
  })
})
