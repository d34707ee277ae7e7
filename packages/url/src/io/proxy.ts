/** The proxy for one URL: the one that is named, or what the environment says; the trace tells which variable it was. */
import { httpHop, type PoolOptions } from '@sluice/http'
import { chooseProxy, type Environment } from '../core/proxy-env.ts'
import { publish, tracing } from './trace.ts'

/** @param option what the program says; `env` and nothing leave it to the environment */
export function proxyFor(
  url: URL,
  option: PoolOptions['proxy'] | 'env',
  env: Environment,
  id: number,
): PoolOptions['proxy'] {
  if (option !== undefined && option !== 'env') return option
  const { proxy, because } = chooseProxy(url, env)
  if (because !== undefined && tracing())
    publish(id, 'proxy', { because, proxy: proxy === undefined ? 'none' : new URL(proxy).host })
  return proxy
}

/**
 * The same, for what is tunnelled: an HTTP proxy with a password in its URL may ask for more than Basic.
 *
 * @param url where the connection leads in the end; to an `http:` URL a proxy forwards, and `handleHttp` answers it
 * @param isGuarded whether addresses are judged. A proxy that forwards looks the name up itself, where no rule of ours sees
 *   what it finds; so it has to tunnel, to an address that was looked up and judged here
 */
export function hopFor(
  url: URL,
  proxy: PoolOptions['proxy'],
  isGuarded: boolean,
): PoolOptions['proxy'] {
  if (!(typeof proxy === 'string' || proxy instanceof URL)) return proxy
  const at = new URL(proxy)
  const hasProof = at.username !== '' || at.password !== ''
  if (!/^https?:$/.test(at.protocol)) return proxy
  if (url.protocol === 'http:' ? !isGuarded : !hasProof) return proxy
  if (!hasProof) return httpHop(at)
  return httpHop(at, {
    authorize: (target) => {
      const proof = import('./proxy-auth.ts').then(({ ProxyProof }) => new ProxyProof(at))
      return async (challenge) =>
        challenge === undefined
          ? (await proof).first('CONNECT', target)
          : (await proof).next(challenge, 'CONNECT', target)
    },
  })
}

/** The HTTP proxy that forwards requests to an `http:` URL, where it is one with a password. */
export function forwarderFor(url: URL, proxy: PoolOptions['proxy']): URL | undefined {
  if (url.protocol !== 'http:' || !(typeof proxy === 'string' || proxy instanceof URL))
    return undefined
  const at = new URL(proxy)
  return at.password === '' && at.username === '' ? undefined : at
}
