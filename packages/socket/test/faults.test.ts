/**
 * The machine fails: each call that this package makes of it in turn, at once or later, with each code. Whatever
 * fails, the caller gets one sentence with that code, and nothing is left open.
 */
import dgram from 'node:dgram'
import net from 'node:net'
import { connect, listen, type System, udp } from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { expect, test } from 'vitest'
import { fakeSystem, rejection } from './kit.ts'

const CODES = [
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOBUFS',
  'EACCES',
  'EADDRNOTAVAIL',
  'EHOSTUNREACH',
  'EWEIRD',
]
const failure = (code: string): Error => Object.assign(new Error(`system: ${code}`), { code })

/** What fails, and how: thrown by the call itself, or told by an event afterwards. */
const faults: [
  what: string,
  parts: (code: string, made: { destroyed: boolean }[]) => Partial<System>,
][] = [
  [
    'connect throws',
    (code) => ({
      connect: () => {
        throw failure(code)
      },
    }),
  ],
  [
    'connect fails later',
    (code, made) => ({
      connect: () => {
        const socket = new net.Socket()
        made.push(socket)
        setImmediate(() => socket.destroy(failure(code)))
        return socket
      },
    }),
  ],
  ['lookup fails', (code) => ({ lookup: () => Promise.reject(failure(code)) })],
  [
    'createServer throws',
    (code) => ({
      createServer: () => {
        throw failure(code)
      },
    }),
  ],
  [
    'listen fails later',
    (code) => ({
      createServer: () => {
        const server = net.createServer()
        server.listen = (() => {
          setImmediate(() => server.emit('error', failure(code)))
          return server
        }) as typeof server.listen
        return server
      },
    }),
  ],
  [
    'createDatagram throws',
    (code) => ({
      createDatagram: () => {
        throw failure(code)
      },
    }),
  ],
  [
    'bind fails later',
    (code) => ({
      createDatagram: (options) => {
        const socket = dgram.createSocket(options)
        socket.bind = (() => {
          setImmediate(() => socket.emit('error', failure(code)))
          return socket
        }) as typeof socket.bind
        return socket
      },
    }),
  ],
]

const calls = {
  connect: (system: System) => connect('127.0.0.1:9', { system }),
  lookup: (system: System) => connect('name.test:9', { system }),
  createServer: (system: System) => listen('127.0.0.1:0', { system }),
  listen: (system: System) => listen('127.0.0.1:0', { system }),
  createDatagram: (system: System) => udp('127.0.0.1:0', { system }),
  bind: (system: System) => udp('127.0.0.1:0', { system }),
}

test.each(faults)(`%s, with ${CODES.length} codes`, async (what, parts) => {
  const call = calls[what.split(' ')[0] as keyof typeof calls]
  for (const code of CODES) {
    const made: { destroyed: boolean }[] = []
    const error = await rejection(call(fakeSystem(parts(code, made))))
    expect(isNetError(error, code)).toBe(true)
    expect(error.message).toMatch(new RegExp(`^\\w+ [\\w.]+:\\d+: .+ \\(${code}, phase \\w+`))
    expect((error.cause as Error).message).toContain(`system: ${code}`)
    expect(made.every(({ destroyed }) => destroyed)).toBe(true)
  }
})
