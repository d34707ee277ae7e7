/**
 * What was learned about who asks for which proof: nonces and how often each was used, by server. It turns credentials into
 * field values; who they are for was decided before.
 */
import { createHash, randomBytes } from 'node:crypto'
import { encodeUtf8 } from '@sluice/socket/bytes'
import type { Challenge } from '../core/challenge.ts'
import { type Credentials, formatBasic, type PasswordCredentials } from '../core/credentials.ts'
import {
  chooseDigest,
  type DigestAlgorithm,
  type DigestChallenge,
  formatDigest,
} from '../core/digest.ts'
import type { RequestBody } from './pipeline.ts'

/** What is to be proved. */
export interface AuthAsk {
  readonly method: string
  /** The request target, as it is sent. */
  readonly uri: string
  readonly body: RequestBody
}

/** What was sent, to tell a wrong password from a nonce that is too old. */
export interface Proof {
  /** The field value. */
  readonly field: string
  readonly scheme: 'Basic' | 'Bearer' | 'Digest'
  /** The nonce, and whether it had been used before. */
  readonly nonce?: string
  readonly isReused?: boolean
}

/** Servers whose nonces are remembered; a crawl meets more. */
const MOST_SERVERS = 1000

const NAMES: Readonly<Record<DigestAlgorithm, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
}

interface Session {
  challenge: DigestChallenge
  count: number
  /**
   * Ours, one for each nonce of the server: the secret of a session (`MD5-sess`) is bound to the first one (RFC 7616 §3.4.2),
   * and there are servers that remember it and others that compute it anew.
   */
  cnonce: string
}

/** Proofs for servers, and what the servers have said. */
export class AuthSessions {
  /** By server; `basic` where that is what an `any` came down to. */
  readonly #learned = new Map<string, Session | 'basic'>()

  /** What can be sent before anybody asks. */
  first(server: string, credentials: Credentials, ask: AuthAsk): Proof | undefined {
    if ('bearer' in credentials) return bearer(credentials.bearer)
    const { scheme = 'basic' } = credentials
    const learned = this.#learned.get(server)
    if (scheme === 'basic' || (scheme === 'any' && learned === 'basic')) return basic(credentials)
    return typeof learned === 'object' ? prove(learned, credentials, ask) : undefined
  }

  /**
   * What is to be sent after a challenge.
   *
   * @param sent what was sent with the request that was refused
   * @returns nothing where the same again would be refused again
   */
  next(
    server: string,
    credentials: Credentials,
    challenges: readonly Challenge[],
    ask: AuthAsk,
    sent: Proof | undefined,
  ): Proof | undefined {
    if ('bearer' in credentials) return unless(sent, bearer(credentials.bearer))
    const { scheme = 'basic', username } = credentials
    if (scheme === 'basic') return unless(sent, basic(credentials))
    const challenge = chooseDigest(challenges, canHash, bytesOf(ask.body) !== undefined)
    if (challenge !== undefined) {
      const isWrong = sent?.scheme === 'Digest' && !sent.isReused && !challenge.stale
      if (isWrong || (sent?.nonce === challenge.nonce && !challenge.stale)) return undefined
      const session = { challenge, count: 0, cnonce: newNonce() }
      this.#learn(server, session)
      return prove(session, credentials, ask)
    }
    const isOffered = challenges.some((one) => one.scheme.toLowerCase() === 'basic')
    if (scheme !== 'any' || !isOffered || username.includes(':')) return undefined
    this.#learn(server, 'basic')
    return unless(sent, basic(credentials))
  }

  /** A server may name the next nonce in Authentication-Info (RFC 7616 §3.5). */
  renew(server: string, info: string | null): void {
    const session = this.#learned.get(server)
    if (info === null || session === undefined || session === 'basic') return
    const [, nonce] = /(?:^|[\s,])nextnonce\s*=\s*"([^"\\]+)"/i.exec(info) ?? []
    if (nonce === undefined || nonce === session.challenge.nonce) return
    session.challenge = { ...session.challenge, nonce }
    session.count = 0
    session.cnonce = newNonce()
  }

  #learn(server: string, what: Session | 'basic'): void {
    this.#learned.delete(server)
    this.#learned.set(server, what)
    if (this.#learned.size <= MOST_SERVERS) return
    const [oldest] = this.#learned.keys()
    if (oldest !== undefined) this.#learned.delete(oldest)
  }
}

function prove(session: Session, credentials: PasswordCredentials, ask: AuthAsk): Proof {
  const { username, password } = credentials
  const isReused = session.count > 0
  const facts = {
    username,
    password,
    method: ask.method,
    uri: ask.uri,
    count: ++session.count,
    cnonce: session.cnonce,
    body: bytesOf(ask.body),
  }
  const field = formatDigest(session.challenge, facts, hash)
  return { field, scheme: 'Digest', nonce: session.challenge.nonce, isReused }
}

function newNonce(): string {
  return randomBytes(16).toString('hex')
}

function basic(credentials: PasswordCredentials): Proof {
  return { field: formatBasic(credentials), scheme: 'Basic' }
}

function bearer(token: string): Proof {
  return { field: `Bearer ${token}`, scheme: 'Bearer' }
}

function unless(sent: Proof | undefined, proof: Proof): Proof | undefined {
  return sent?.field === proof.field ? undefined : proof
}

function hash(algorithm: DigestAlgorithm, bytes: Uint8Array): string {
  return createHash(NAMES[algorithm]).update(bytes).digest('hex')
}

/** Not every runtime has each of them: one in FIPS mode has no MD5. */
function canHash(algorithm: DigestAlgorithm): boolean {
  try {
    hash(algorithm, new Uint8Array(0))
    return true
  } catch {
    return false
  }
}

/** A body that lies in memory. */
function bytesOf(body: RequestBody): Uint8Array | undefined {
  if (body === null) return new Uint8Array(0)
  if (typeof body === 'string') return encodeUtf8(body)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  return undefined
}
