/**
 * `connect`: from a target to a connection, directly or through proxies. A wait that ends leaves nothing behind.
 */
import type { Target } from '../core/address.ts'
import { Attempt } from './attempt.ts'
import { type ConnectOptions, type ConnectPlan, planConnect } from './connect-options.ts'
import type { Connection } from './connection.ts'
import { within } from './deadline.ts'

/**
 * Connects to a TCP port or a Unix socket.
 *
 * @param target `tcp://host:port`, `tls://host:port`, `host:port`, `unix:/path`, `{hostname, port}` or `{path}`; no host at
 *   all is `localhost`
 * @param options timeouts, TLS, proxies, who tells addresses, and where to come from
 * @returns an open connection; close it
 * @throws {NetError} `ENOTFOUND`, `ECONNREFUSED` and others; with several addresses `errors` has one error
 *   for each. {TimeoutError} with the phase that took too long. `signal.reason` when aborted
 * @throws {ProxyError} with `proxy`, which of them did not lead on, and why
 * @throws {TlsError} with `tls`, why the handshake or the certificate failed
 * @throws {SyntaxError | RangeError | TypeError} for a target or options that make no sense
 * @see RFC 8305, for the order and the timing of attempts
 * @example const connection = await connect('tcp://127.0.0.1:8080')
 */
export async function connect(target: Target, options: ConnectOptions = {}): Promise<Connection> {
  const plan = await planConnect(target, options)
  options.signal?.throwIfAborted()
  const attempt = plan.hops.length === 0 ? new Attempt(plan) : await throughProxies(plan)
  return within(plan.system.clock, attempt.run(), {
    ms: plan.timeouts.total,
    signal: options.signal,
    onTimeout: () => attempt.tooLate('total'),
    late: (connection) => connection.destroy(),
  }).catch((error: unknown) => {
    attempt.giveUp()
    throw error
  })
}

/** Loaded by who has proxies. */
async function throughProxies(
  plan: ConnectPlan,
): Promise<Pick<Attempt, 'run' | 'giveUp' | 'tooLate'>> {
  const { ProxiedAttempt } = await import('./proxied.ts')
  return new ProxiedAttempt(plan, connect)
}
