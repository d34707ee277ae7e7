/** What `serve` takes, and the same made complete. */
import type { Target } from '../core/address.ts'
import { Admission } from '../core/admission.ts'
import { kindOf } from '../core/bytes.ts'
import type { Connection } from './connection.ts'
import type { ListenOptions } from './listen.ts'
import { checkKeys, checkTypes, completeLimits } from './options.ts'
import { PLACE_KEYS, type Place, placeOf } from './place.ts'
import type { Clock } from './system.ts'

/** Bounds of a server. */
export interface ServeLimits {
  /** Connections at once; more wait in the listener, up to its `limits.pending`. Default 10 000. */
  connections: number
  /** Connections of one address at once; more are closed. Default: no limit. */
  perAddress: number
}

/** Milliseconds; 0 and Infinity turn one off. */
export interface ServeTimeouts {
  /** Without a byte in either direction a connection ends; default off. */
  idle: number
  /** So long a connection may live at most; default off. */
  total: number
}

/** How to serve. */
export interface ServeOptions extends Place {
  /** How many connections, in all and of one address. */
  limits?: { [K in keyof ServeLimits]?: ServeLimits[K] | undefined } | undefined
  /** Milliseconds: `idle` of silence, `total` of life; both off by default. */
  timeout?: { [K in keyof ServeTimeouts]?: ServeTimeouts[K] | undefined } | undefined
  /** Networks whose connections are taken, `10.0.0.0/8`; default: all. */
  allow?: readonly string[] | undefined
  /** Networks whose connections are closed at once, also where `allow` has them; default: none. */
  deny?: readonly string[] | undefined
  /**
   * Told what a handler threw. Default: `console.error`, except for what the peer or the network broke, which is
   * counted only. What it throws itself is dropped.
   */
  onError?: ((error: unknown, connection: Connection) => void) | undefined
  /** Passed to `listen`: backlog, ipv6Only, tls and the rest. */
  listen?: Omit<ListenOptions, 'signal'> | undefined
  /** Whose clock the timeouts run on; for tests. */
  clock?: Clock | undefined
}

const KEYS = [...PLACE_KEYS, 'limits', 'timeout', 'allow', 'deny', 'onError', 'listen', 'clock']

/** nginx ships with 512 a worker, Go and Node have no cap. Arbitrary: at 4 KB each these are 40 MB. */
const DEFAULT_LIMITS: ServeLimits = {
  connections: 10_000,
  perAddress: Number.POSITIVE_INFINITY,
}
const OFF = Number.POSITIVE_INFINITY

/** Options, complete and checked. */
export interface ServePlan {
  readonly target: Target
  readonly connections: number
  readonly timeouts: ServeTimeouts
  readonly admission: Admission
}

/**
 * Completes the options of `serve`.
 *
 * @throws {TypeError | RangeError | SyntaxError} a name that is unknown, a value that makes no sense, two places
 */
export function planServe(options: ServeOptions): ServePlan {
  checkKeys('serve', options, KEYS)
  checkTypes('serve', options, { onError: 'function', clock: 'object', listen: 'object' })
  const { listener } = options
  if (listener !== undefined && typeof listener?.accept !== 'function')
    throw new TypeError(`serve: listener must be a Listener, not ${kindOf(listener)}`)
  const { connections, perAddress } = completeLimits('serve', options.limits, DEFAULT_LIMITS)
  const { allow, deny } = options
  return {
    target: placeOf('serve', options),
    connections,
    timeouts: normaliseTimeouts(options.timeout),
    admission: new Admission({ allow, deny, perAddress }),
  }
}

function normaliseTimeouts(given: ServeOptions['timeout'] = {}): ServeTimeouts {
  checkKeys('serve: timeout', given, ['idle', 'total'])
  const limit = (name: 'idle' | 'total'): number => {
    const value = given[name]
    if (value === undefined) return OFF
    if (typeof value !== 'number')
      throw new TypeError(
        `serve: timeout.${name} must be a number of milliseconds, not ${kindOf(value)}`,
      )
    if (!(value >= 0))
      throw new RangeError(`serve: timeout.${name} must be 0 or more, not ${value}`)
    return value || OFF
  }
  return { idle: limit('idle'), total: limit('total') }
}
