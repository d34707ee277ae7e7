/**
 * Where a server listens: one place, however it is said. Shared by every `serve` of the layers, so that the same
 * words mean the same at each.
 */
import type { Target } from '../core/address.ts'
import type { Listener } from './listener.ts'

/** Where to listen. */
export interface Place {
  /** A name or an address; default `127.0.0.1`: this machine alone. `0.0.0.0` or `::` lets others in. */
  hostname?: string | undefined
  /** 0 to 65535; default 0, a port of the system's choice, see `server.address`. */
  port?: number | undefined
  /** Instead of a hostname and a port: the path of a Unix socket. */
  path?: string | undefined
  /** The same in one value, as `listen` takes it: `tcp://127.0.0.1:8080`, `unix:/path`. */
  target?: Target | undefined
  /** Instead of all of them: a listener that exists already. The server closes it. */
  listener?: Listener | undefined
}

/** The keys of `Place`. */
export const PLACE_KEYS: readonly string[] = ['hostname', 'port', 'path', 'target', 'listener']

/** Deno and Bun listen on every interface. A first program should not be open to the street. */
const HOSTNAME = '127.0.0.1'

/**
 * Finds the one place that options name; whether it is one at all, `listen` says.
 *
 * @param verb the function that asks, for the sentence
 * @param options what it was given
 * @throws {TypeError} when they name two
 * @see bind(2)
 */
export function placeOf(verb: string, options: Place): Target {
  const { hostname = HOSTNAME, port = 0, path, target } = options
  const ways = [['listener'], ['target'], ['path'], ['hostname', 'port']] as const
  const named = ways.map((way) => way.find((name) => options[name] !== undefined))
  const [first, second] = named.filter((name) => name !== undefined)
  if (second !== undefined)
    throw new TypeError(
      `${verb}: ${first} and ${second} both say where to listen; one of them is enough`,
    )
  return target ?? (path === undefined ? { hostname, port } : { path })
}
