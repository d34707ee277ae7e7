/**
 * Who gets which credentials: those of an origin go to that origin, whatever a redirect says. Loaded when a request has
 * credentials at all.
 */
import { type Headers, Headers as OurHeaders, type Response } from '@sluice/http'
import { type Challenge, parseChallenges } from '../core/challenge.ts'
import {
  type Credentials,
  checkCredentials,
  type PasswordCredentials,
} from '../core/credentials.ts'
import { FetchError, maskUrl } from '../core/errors.ts'
import { lookUpNetrc, type Netrc } from '../core/netrc.ts'
import { AuthSessions, type Proof } from './auth-sessions.ts'
import { publish, tracing } from './fetch-trace.ts'
import { readNetrc } from './netrc-file.ts'
import { type Handler, isReplayable, type PlannedRequest } from './pipeline.ts'

/** What a function that has credentials is told. */
export interface AuthRequest {
  /** Where the request goes. */
  readonly url: URL
  /** Its method. */
  readonly method: string
  /** What the server asks for; empty before it was asked. */
  readonly challenges: readonly Challenge[]
}

/**
 * Credentials; a function that has them, or gets new ones when the old ones were refused; or a `.netrc` file: `true` for
 * the user's own.
 */
export type AuthOption =
  | Credentials
  | { readonly netrc: true | string }
  | ((request: AuthRequest) => Credentials | undefined | Promise<Credentials | undefined>)

/** Rounds with one server: an old nonce, and one that grew old on the way. */
const MOST_ROUNDS = 3

/** Answers challenges with the credentials of one option. */
export class Authenticator {
  readonly #option: AuthOption
  /** Whose the credentials are that name no origin. */
  readonly #home: string | undefined
  readonly #sessions = new AuthSessions()
  #netrc: Promise<Netrc> | undefined
  /** Where each fetch went first: what sends is its own, and the same at each hop. */
  readonly #asked = new WeakMap<PlannedRequest['send'], URL>()

  constructor(option: AuthOption, home: string | undefined) {
    this.#option = option
    this.#home = home
  }

  /** Makes a request, and makes it again with proof where the server asks for it. */
  async exchange(request: PlannedRequest, next: Handler): Promise<Response> {
    this.#begin(request)
    // The program has its own; a redirect may drop it, and lead elsewhere than it was meant for.
    if (request.headers.has('authorization')) return next(request)
    const server = request.url.origin
    const ask = {
      method: request.method,
      uri: request.url.pathname + request.url.search,
      body: request.body,
    }
    const known = await this.#find(request, [])
    let sent = known && this.#sessions.first(server, known, ask)
    let response = await next(this.#with(request, sent))
    for (let round = 0; round < MOST_ROUNDS && response.status === 401; round++) {
      const challenges = parseChallenges(response.headers.get('www-authenticate') ?? '')
      const credentials = await this.#find(request, challenges)
      const proof = credentials && this.#sessions.next(server, credentials, challenges, ask, sent)
      if (proof === undefined) break
      await response.body?.cancel()
      if (!isReplayable(request.body)) throw unrepeatable(request)
      sent = proof
      response = await next(this.#with(request, sent))
    }
    this.#sessions.renew(server, response.headers.get('authentication-info'))
    return response
  }

  /** Who to be for a server that is logged in to. @returns nothing for who says nothing of it, or has a token */
  async login(
    request: Pick<PlannedRequest, 'url' | 'method' | 'send'>,
  ): Promise<PasswordCredentials | undefined> {
    const found = await this.#find(request, [])
    return found === undefined || 'bearer' in found ? undefined : found
  }

  async #find(
    { url, method, send }: Pick<PlannedRequest, 'url' | 'method' | 'send'>,
    challenges: readonly Challenge[],
  ): Promise<Credentials | undefined> {
    const option = this.#option
    if (typeof option === 'function') {
      const found = await option({ url: new URL(url), method, challenges })
      return found && this.#for(url, checkCredentials('auth', found))
    }
    if (!('netrc' in option)) return this.#for(url, option)
    return this.#ofNetrc(url, this.#begin({ url, send }), option.netrc)
  }

  /** Where the fetch of a request went first. */
  #begin({ url, send }: Pick<PlannedRequest, 'url' | 'send'>): URL {
    const asked = this.#asked.get(send) ?? url
    this.#asked.set(send, asked)
    return asked
  }

  /** Credentials, if they are for whom the request goes to; also those of a function that did not look at the URL. */
  #for(url: URL, credentials: Credentials): Credentials | undefined {
    const { origin = this.#home } = credentials
    if (origin === undefined)
      throw new TypeError('auth: the credentials need an origin, or the client a base')
    return new URL(origin).origin === url.origin ? credentials : undefined
  }

  /**
   * The entry of its host. A file has no ports and no schemes, so where a redirect leads, another port of the same host gets
   * nothing, and nobody gets in the clear what would have gone in TLS; that of `default` goes to no host that it chose.
   */
  async #ofNetrc(url: URL, asked: URL, netrc: true | string): Promise<Credentials | undefined> {
    const isSame = url.origin === asked.origin
    const isOpened = asked.protocol === 'https:' && url.protocol !== 'https:'
    if (!isSame && (isOpened || url.hostname === asked.hostname)) return undefined
    this.#netrc ??= readNetrc(netrc === true ? undefined : netrc)
    const file = await this.#netrc
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    if (!file.hosts.has(host) && url.origin !== this.#home) return undefined
    const entry = lookUpNetrc(file, host)
    if (entry === undefined || (entry.login === '' && entry.password === '')) return undefined
    return checkCredentials('.netrc', { username: entry.login, password: entry.password })
  }

  #with(request: PlannedRequest, proof: Proof | undefined): PlannedRequest {
    if (proof === undefined) return request
    if (tracing())
      publish(request.id, 'auth', { url: maskUrl(request.url.href), scheme: proof.scheme })
    const headers: Headers = new OurHeaders(request.headers)
    headers.set('Authorization', proof.field)
    return { ...request, headers }
  }
}

function unrepeatable({ method, url }: PlannedRequest): FetchError {
  const reason =
    'the server asks for credentials, and the body can be sent only once; give a function that makes it'
  return new FetchError({ method, url: url.href, phase: 'auth', code: 'ERR_BODY_SENT', reason })
}
