/** The proxy for one URL: the one that is named, or what the environment says; the trace tells which variable it was. */
import type { PoolOptions } from '@sluice/http'
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
