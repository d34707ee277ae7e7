/**
 * `Client`: what many fetches share. A base URL, fields, timeouts, the way through proxies, and the connections that are
 * kept between them. `fetch` is a client that nobody configured.
 */
import { Headers, Pool, type PoolOptions, type Response } from '@sluice/http'
import { FetchError } from '../core/errors.ts'
import { UrlReader } from '../core/fetch-url.ts'
import { checkOptions, checkTotal } from '../core/options.ts'
import { type Environment, namesProxies } from '../core/proxy-env.ts'
import { poolOptions } from './connections.ts'
import { openPipeline, type PipelineOptions } from './dispatch.ts'
import { nameOf } from './handlers/local.ts'
import { authenticate } from './middleware/auth.ts'
import { capBody } from './middleware/cap-body.ts'
import { keepCookies } from './middleware/cookies.ts'
import { retryFailures } from './middleware/retry.ts'
import { countUpload } from './middleware/upload.ts'
import type { Handler } from './pipeline.ts'
import { NO_POLICIES, type Policies, planPolicies } from './policies.ts'
import { hopFor, proxyFor } from './proxy.ts'
import {
  CLIENT_KEYS,
  type FetchInput,
  type FetchOptions,
  fetchWith,
  NO_OPTIONS,
} from './run-fetch.ts'

/** What sees each hop, the first one outermost: asking again asks with fresh proof, and cookies of a refusal are kept. */
const LAYERS = [retryFailures, authenticate, keepCookies, capBody, countUpload]

/** What a client is made with: defaults for its fetches, and what they share. */
export interface ClientOptions
  extends Omit<FetchOptions, 'method' | 'body' | 'signal' | 'connect'>,
    PipelineOptions {
  /** What relative URLs are relative to; default: there are none. */
  base?: string | URL | undefined
  /** How many connections are kept, and for how long: as for `Pool` of `@sluice/http`. */
  pool?: Pick<PoolOptions, 'limits' | 'keepAlive'> | undefined
  /** Where proxies are looked up; default: the environment of this process, as it is when the client is made. */
  env?: Environment | undefined
}

/**
 * Fetches with what it was given, over connections that it keeps.
 *
 * @example
 * const client = new Client({ base: 'http://127.0.0.1:8080/', headers: { Accept: 'text/plain' }, timeout: 10_000 })
 * console.log(await (await client.fetch('hello')).text())
 * await client.close()
 */
export class Client implements AsyncDisposable {
  readonly #options: ClientOptions
  readonly #env: Environment
  /** By proxy, the empty text for none: a pool has one way. */
  readonly #pools = new Map<string, Pool>()
  #closed = false
  /** Middleware and handlers. @internal */
  readonly run: Handler
  /** The origin of its base. @internal */
  readonly home: string | undefined
  /** What its fetches do besides asking. @internal */
  readonly policies: Policies
  /** Whether a proxy has to be looked for at all. @internal */
  readonly isProxied: boolean
  /** Reads its URLs. @internal */
  readonly urls: UrlReader
  /** The fields of a fetch that has none. @internal */
  readonly noFields: Headers | undefined

  /**
   * @param options defaults of its fetches, and what they share
   * @throws {TypeError} for an option that there is not, or a base that is no URL
   */
  constructor(options: ClientOptions = {}) {
    checkOptions('Client', options, CLIENT_KEYS)
    checkTotal('Client', options.timeout)
    this.home = options.base === undefined ? undefined : new URL(options.base).origin
    this.#options = options
    this.policies = planPolicies('Client', options, NO_POLICIES, this.home)
    this.#env = options.env ?? { ...process.env }
    const { proxy } = options
    this.isProxied =
      proxy === undefined || proxy === 'env' ? namesProxies(this.#env) : proxy !== false
    this.run = openPipeline(options, LAYERS)
    // What comes from a stranger may change what it is given, and must not change it for the next fetch.
    const isOurs = options.use === undefined && options.schemes === undefined
    this.urls = new UrlReader(options.base, isOurs)
    this.noFields = isOurs ? new Headers() : undefined
  }

  /**
   * Fetches what is behind a URL.
   *
   * @param input a URL, absolute or relative to `base`, or a Request
   * @param options as for `fetch`; what is not given is the client's. `headers` are added to the client's and win
   * @throws as `fetch`; {FetchError} `ERR_CLOSED` after `close()`
   * @see Fetch §5.6
   */
  fetch(input: FetchInput, options: FetchOptions = NO_OPTIONS): Promise<Response> {
    return fetchWith(this, input, options, this.#options)
  }

  /** Takes no more fetches, and closes connections once those under way have ended. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()))
  }

  /** Ends everything now. Never throws. */
  destroy(): void {
    this.#closed = true
    for (const pool of this.#pools.values()) pool.destroy()
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Whether it takes fetches, of whichever scheme. @internal @throws {FetchError} `ERR_CLOSED` */
  checkOpen(url: URL, method: string): void {
    if (this.#closed)
      throw new FetchError({ method, url: nameOf(url), code: 'ERR_CLOSED', phase: 'open' })
  }

  /**
   * The connections for a URL. @internal
   *
   * @param id of the fetch, for trace events
   */
  poolFor(url: URL, method: string, id: number): Pool {
    this.checkOpen(url, method)
    const proxy = this.isProxied ? proxyFor(url, this.#options.proxy, this.#env, id) : undefined
    const named = typeof proxy === 'string' || proxy instanceof URL ? String(proxy) : ''
    // A proxy forwards what is in the clear, and tunnels the rest.
    const key = proxy ? `${url.protocol} ${named}` : ''
    let pool = this.#pools.get(key)
    if (pool === undefined) {
      const { pool: { limits, ...shared } = {} } = this.#options
      const options = poolOptions(this.#options, this.policies)
      pool = new Pool({
        ...options,
        ...shared,
        limits: { ...options.limits, ...limits },
        ...(proxy ? { proxy: hopFor(url, proxy, options.allowAddress !== undefined) } : {}),
      })
      this.#pools.set(key, pool)
    }
    return pool
  }

  /** What a fetch may take that does not say it. @internal */
  get timeout(): FetchOptions['timeout'] {
    return this.#options.timeout
  }

  /** The variables that proxies are looked up in. @internal */
  get env(): Environment {
    return this.#env
  }
}
