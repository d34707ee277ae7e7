/** What the tests of this folder share: errors as values, ports, a machine with replaceable parts. */
import dgram from 'node:dgram'
import dns from 'node:dns/promises'
import net from 'node:net'
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

/** A TCP port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
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
  if (address === undefined || !('port' in address)) throw new Error('not an internet address')
  return address
}
