/** The proxy for one URL: the one that is named, or what the environment says; the trace tells which variable it was. */
import { httpHop, type PoolOptions } from '@sluice/http'
import { FetchError } from '../core/errors.ts'
import { maskText } from '../core/mask-text.ts'
import { chooseProxy, type Environment } from '../core/proxy-env.ts'
import { publish, tracing } from './fetch-trace.ts'

/**
 * @param option what the program says; `env` and nothing leave it to the environment
 * @throws {FetchError} `ERR_INVALID_URL` what names a proxy is no URL of one
 */
export function proxyFor(
  url: URL,
  option: PoolOptions['proxy'] | 'env',
  env: Environment,
  id: number,
): PoolOptions['proxy'] {
  if (option !== undefined && option !== 'env') {
    for (const one of Array.isArray(option) ? option : [option])
      if (typeof one === 'string' || one instanceof URL)
        checkProxy(url, String(one), 'the option proxy')
    return option
  }
  const { proxy, because } = chooseProxy(url, env)
  if (proxy !== undefined) checkProxy(url, proxy, because ?? '')
  if (because !== undefined && tracing())
    publish(id, 'proxy', { because, proxy: proxy === undefined ? 'none' : new URL(proxy).host })
  return proxy
}

/** What a URL of a proxy may begin with. */
const SCHEMES = /^(?:https?|socks(?:4a?|5h?)):$/

/** The one that was looked at last: a program has one proxy, and many requests. */
let known = ''

/** @param source who says so, since it may have been another program */
function checkProxy(to: URL, proxy: string, source: string): void {
  if (proxy === known) return
  const at = URL.canParse(proxy) ? new URL(proxy) : undefined
  if (at !== undefined && SCHEMES.test(at.protocol) && at.hostname !== '' && isDecodable(at)) {
    known = proxy
    return
  }
  const reason = `${source} says ${JSON.stringify(maskText(proxy))}, which is no URL of a proxy`
  throw new FetchError({
    method: 'proxy for',
    url: to.href,
    code: 'ERR_INVALID_URL',
    phase: 'proxy',
    reason,
  })
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
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
  const isFtp = url.protocol === 'ftp:'
  // A list of one forwards as the one does.
  if (Array.isArray(proxy) && (isFtp || proxy.length === 1))
    return proxy.flatMap((one) => hopFor(url, one, isGuarded) || [])
  if (!(typeof proxy === 'string' || proxy instanceof URL)) return proxy
  const at = new URL(proxy)
  const hasProof = at.username !== '' || at.password !== ''
  if (!/^https?:$/.test(at.protocol)) return proxy
  // Connections of FTP are the socket layer's, which knows no HTTP.
  if (url.protocol === 'http:' ? !isGuarded : !hasProof && !isFtp) return proxy
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
