/**
 * Proof for proxies that ask for more than Basic (407, RFC 9110 §11.7): the name and password are those of the proxy's URL.
 * They go along as Basic first, as every client does it, and by Digest where a proxy asks for that; from then on by Digest
 * alone. Loaded when a proxy has a password.
 */
import { Headers, type Response } from '@sluice/http'
import { parseChallenges } from '../core/challenge.ts'
import { formatBasic, type PasswordCredentials } from '../core/credentials.ts'
import { AuthSessions, type Proof } from './auth-sessions.ts'
import { publish, tracing } from './fetch-trace.ts'
import { isReplayable, type PlannedRequest } from './pipeline.ts'

const sessions = new AuthSessions()
const MOST_ROUNDS = 3

/** What a proxy's URL says of who uses it; nothing where it says nothing. */
function credentialsOf({ username, password }: URL): PasswordCredentials | undefined {
  if (username === '' && password === '') return undefined
  const decoded = { username: decodeURIComponent(username), password: decodeURIComponent(password) }
  return { ...decoded, scheme: 'any' }
}

/** One use of a proxy: what was sent to it last, and what is sent next. */
export class ProxyProof {
  readonly #server: string
  readonly #credentials: PasswordCredentials | undefined
  #sent: Proof | undefined

  constructor(proxy: URL) {
    this.#server = proxy.href
    this.#credentials = credentialsOf(proxy)
  }

  /** Before the proxy was asked. */
  first(method: string, uri: string): string | undefined {
    const known = this.#credentials
    if (known === undefined) return undefined
    const learned = sessions.first(this.#server, known, { method, uri, body: null })
    this.#sent = learned ?? { field: formatBasic(known), scheme: 'Basic' }
    return this.#sent.field
  }

  /** After its challenge; nothing where the same again would be refused again. */
  next(challenge: string, method: string, uri: string): string | undefined {
    if (this.#credentials === undefined) return undefined
    const ask = { method, uri, body: null }
    const challenges = parseChallenges(challenge)
    const proof = sessions.next(this.#server, this.#credentials, challenges, ask, this.#sent)
    if (proof !== undefined) this.#sent = proof
    return proof?.field
  }
}

/**
 * Makes a request to a forwarding proxy, with the proof it asks for.
 *
 * @param proxy its URL
 * @param refused a 407 that the request was answered with already
 * @returns the answer; a 407 where there is no proof, or the body can not be sent again
 */
export async function sendProved(
  request: PlannedRequest,
  proxy: URL,
  send: (request: PlannedRequest) => Promise<Response>,
  refused?: Response,
): Promise<Response> {
  const { method, url } = request
  const proof = new ProxyProof(proxy)
  // RFC 7616 §3.4: the request target, which is the whole URL here.
  const target = new URL(url)
  target.hash = ''
  const first = proof.first(method, target.href)
  let last = refused ?? (await send(withProof(request, proxy, first)))
  for (let round = 0; round < MOST_ROUNDS && last.status === 407; round++) {
    const challenge = last.headers.get('proxy-authenticate') ?? ''
    const field = isReplayable(request.body)
      ? proof.next(challenge, method, target.href)
      : undefined
    if (field === undefined) return last
    await last.body?.cancel()
    last = await send(withProof(request, proxy, field))
  }
  return last
}

function withProof(request: PlannedRequest, proxy: URL, field: string | undefined): PlannedRequest {
  if (field === undefined) return request
  if (tracing()) {
    const scheme = field.split(' ', 1)[0] ?? ''
    publish(request.id, 'auth', { url: proxy.origin, scheme })
  }
  const headers = new Headers(request.headers)
  headers.set('Proxy-Authorization', field)
  return { ...request, headers }
}
