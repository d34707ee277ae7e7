/**
 * What a running server exchanges without letting go of a connection: its handler, its certificate, its limits and
 * times. Everything is looked at before anything is exchanged, so that a bad certificate leaves the old one in place.
 */
import type { ListenOptions } from '@sluice/socket'
import type { TlsContext, TlsContextOptions } from '@sluice/socket/tls'
import { checkOptions } from '../core/check-options.ts'
import {
  normaliseServe,
  type ServeOptions,
  type ServePlan,
  type ServerLimits,
  type ServerTimeouts,
} from './serve-options.ts'
import { type Handler, toHandler } from './server-context.ts'

/** What `reload` exchanges; what is left out stays. */
export interface ReloadOptions {
  /** Answers the requests that come from now on. */
  handler?: Handler | { fetch: Handler } | undefined
  /** A new certificate with its key, for handshakes from now on: as `reload` of a TLS context. */
  tls?: Pick<TlsContextOptions, 'cert' | 'key' | 'passphrase' | 'ca'> | undefined
  /** Milliseconds, each in the place of the present one. */
  timeout?: Partial<ServerTimeouts> | undefined
  /** Caps, each in the place of the present one; those on heads hold for new connections. */
  limits?: Partial<ServerLimits> | undefined
  /** Told from now on what goes wrong. */
  onError?: ServeOptions['onError']
}

/** The new state of a server. */
export interface Reloaded {
  readonly options: ServeOptions
  readonly plan: ServePlan
  readonly handler: Handler | undefined
}

const KEYS = ['handler', 'tls', 'timeout', 'limits', 'onError']

/**
 * Checks what is to be exchanged, and exchanges the certificate as the last thing that can fail.
 *
 * @param present the options until now
 * @param context of the listener's handshakes, where it has one that is ours to exchange
 * @throws {TypeError | RangeError} what makes no sense; a certificate for a server without TLS
 * @throws {TlsError} a certificate and a key that do not fit together
 */
export function planReload(
  present: ServeOptions,
  wanted: ReloadOptions,
  context: TlsContext | undefined,
): Reloaded {
  checkOptions('reload', wanted, KEYS)
  const { timeout, limits, tls, onError = present.onError } = wanted
  const options = {
    ...present,
    onError,
    timeout: { ...present.timeout, ...timeout },
    limits: { ...present.limits, ...limits },
  }
  const plan = normaliseServe(options)
  const handler = wanted.handler === undefined ? undefined : toHandler(wanted.handler)
  if (tls !== undefined) {
    if (context === undefined)
      throw new TypeError('reload: tls needs a server that was opened with tls.cert or tls.context')
    context.reload(tls)
  }
  return { options, plan, handler }
}

/** The TLS options of a listener with their parts made into a context, which `reload` can exchange. */
export async function withContext(
  tls: NonNullable<ListenOptions['tls']>,
  system: ListenOptions['system'],
): Promise<NonNullable<ListenOptions['tls']>> {
  const { ca, cert, key, passphrase, minVersion, maxVersion, ciphers, ticketKeys, ...rest } = tls
  // Without a certificate there is nothing to exchange; whether that is a mistake, `listen` says.
  if (rest.context !== undefined || cert === undefined) return tls
  const { openTlsContext } = await import('@sluice/socket/tls')
  const parts = { ca, cert, key, passphrase, minVersion, maxVersion, ciphers, ticketKeys }
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined))
  return {
    ...rest,
    context: openTlsContext(system === undefined ? given : { ...given, system }),
  }
}
