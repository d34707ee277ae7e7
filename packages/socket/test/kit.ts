/** What the tests of this folder share: errors as values, ports, a machine with replaceable parts. */
import dgram from 'node:dgram'
import dns from 'node:dns/promises'
import net from 'node:net'
import { basename, join } from 'node:path'
import tls from 'node:tls'
import type { Address, System } from '@sluice/socket'

/** The error that a promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a rejection, got a result')
}

/** Turns of the event loop until something holds; nearly as long as a test may take, since a machine may be busy. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 9_000
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never held: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** A TCP port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export const isWindows: boolean = process.platform === 'win32'

/** Where a local socket can be: a path, which is the name of a pipe on Windows. */
export function localPath(folder: string, name: string): string {
  return isWindows ? `\\\\.\\pipe\\${basename(folder)}-${name}` : join(folder, name)
}

/** The real machine, with some parts replaced. */
export function fakeSystem(parts: Partial<System>): System {
  return {
    clock: {
      now: () => performance.now(),
      setTimeout: (run, ms) => setTimeout(run, ms),
      clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
    connect: (options) => net.connect(options),
    createServer: (options) => net.createServer(options),
    createDatagram: (options) => dgram.createSocket(options),
    lookup: async (hostname, family) =>
      (await dns.lookup(hostname, { all: true, family })).map((a) => ({
        address: a.address,
        family: a.family as 4 | 6,
      })),
    createResolver: (options) => new dns.Resolver(options),
    reverse: async (address) => (await dns.lookupService(address, 0)).hostname,
    networkInterfaces: () => [
      { name: 'lo', index: 1, addresses: ['127.0.0.1', '::1'], mac: '', isLoopback: true },
    ],
    hostname: () => 'here.test',
    createSecureContext: (options) => tls.createSecureContext(options),
    connectTls: (options) => tls.connect(options),
    acceptTls: (stream, options) => new tls.TLSSocket(stream as net.Socket, options),
    ...parts,
  }
}

/** The address of a TCP or UDP socket, for tests that know it is one. */
export function inetOf(address: Address | undefined): { hostname: string; port: number } {
  if (address === undefined || address.family === 'Unix') throw new Error('not an internet address')
  return address
}

/** A machine that notes what it is asked for, and does none of it. */
export interface CountingSystem extends System {
  readonly calls: { name: string; args: unknown[] }[]
  /** What contexts of TLS were made of: they are of this process alone. */
  readonly contexts: unknown[]
  /** What a test has opened by the way. */
  readonly opened: { close(): void }[]
}

/** What that machine says. */
export const REFUSAL: Error = Object.assign(new Error('this machine does nothing'), {
  code: 'ENOTFOUND',
})

/** Every call of the seam is noted, and fails: what a test wants to know is whether there was one. */
export function countingSystem(): CountingSystem {
  const calls: CountingSystem['calls'] = []
  const contexts: unknown[] = []
  const note =
    (name: string) =>
    (...args: unknown[]): never => {
      calls.push({ name, args })
      throw REFUSAL
    }
  const noteLater =
    (name: string) =>
    async (...args: unknown[]): Promise<never> =>
      note(name)(...args)
  const system = fakeSystem({
    connect: note('connect'),
    createServer: () => {
      const server = net.createServer()
      server.listen = ((options: unknown) => {
        calls.push({ name: 'listen', args: [options] })
        setImmediate(() => server.emit('error', REFUSAL))
        return server
      }) as never
      return server
    },
    createDatagram: note('createDatagram'),
    lookup: noteLater('lookup'),
    createResolver: () =>
      ({
        cancel: () => {},
        setServers: note('setServers'),
        resolve4: noteLater('resolve4'),
        resolve6: noteLater('resolve6'),
      }) as never,
    reverse: noteLater('reverse'),
    createSecureContext: (options) => {
      contexts.push(options)
      return tls.createSecureContext(options)
    },
    connectTls: note('connectTls'),
    acceptTls: note('acceptTls'),
  })
  return Object.assign(system, { calls, contexts, opened: [] })
}

/** What a call gives or fails with, now or by its promise. */
export async function outcomeOf(
  call: () => unknown,
): Promise<{ value?: unknown; error?: Error | undefined }> {
  try {
    return { value: await call() }
  } catch (error) {
    return { error: error as Error }
  }
}
