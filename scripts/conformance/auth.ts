// Formats `http-auth` and `netrc`: Digest and Basic by the formulas of RFC 7616 and 7617, and files as Python reads them.
import { createHash } from 'node:crypto'
import { parseChallenges } from '../../packages/url/src/core/challenge.ts'
import { formatBasic } from '../../packages/url/src/core/credentials.ts'
import {
  chooseDigest,
  type DigestHash,
  digestResponse,
  formatDigest,
} from '../../packages/url/src/core/digest.ts'
import { NetrcError, parseNetrc } from '../../packages/url/src/core/netrc.ts'
import type { Case, Verdict } from './corpus.ts'
import { show } from './decode.ts'

interface AuthCase {
  readonly algorithm?: string
  readonly username: string
  readonly realm: string
  readonly password: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  readonly nc: string
  readonly cnonce: string
  readonly qop: string | null
  readonly body: string
  readonly userhash?: boolean
  readonly expect: { response?: string; username?: string; credentials?: string }
}

const hash: DigestHash = (algorithm, bytes) =>
  createHash(algorithm === 'SHA-512-256' ? 'sha512-256' : algorithm.replace('SHA-', 'sha'))
    .update(bytes)
    .digest('hex')

/** @returns what is wrong, or `undefined` */
export function runHttpAuth(test: Case): Verdict {
  const { expect, ...given } = test as unknown as AuthCase
  if (given.algorithm === undefined) return same(formatBasic(given), `Basic ${expect.credentials}`)
  const { algorithm, realm, nonce, qop, userhash } = given
  // As a server would write it; a realm travels as bytes.
  const wire = Buffer.from(realm).toString('latin1').replace(/["\\]/g, '\\$&')
  const parts = [`realm="${wire}"`, `nonce="${nonce}"`, `algorithm=${algorithm}`]
  if (qop !== null) parts.push(`qop="${qop}"`)
  if (userhash) parts.push('userhash=true')
  const challenge = chooseDigest(parseChallenges(`Digest ${parts.join(', ')}`), () => true, true)
  if (challenge === undefined) return 'the challenge is not taken'
  const facts = {
    ...given,
    count: Number.parseInt(given.nc, 16),
    body: Buffer.from(given.body),
  }
  const wrong = same(digestResponse(challenge, facts, hash), expect.response)
  if (wrong !== undefined) return wrong
  const field = formatDigest(challenge, facts, hash)
  const [, name] = /^Digest username="([^"]*)"/.exec(field) ?? []
  return expect.username === undefined ? undefined : same(name, expect.username)
}

/** @returns what is wrong, or `undefined` */
export function runNetrc(test: Case): Verdict {
  const { hosts, macros, error } = test['expect'] as Record<string, { $dict: unknown; msg: string }>
  try {
    const file = parseNetrc(String(test['text']))
    if (error !== undefined) return `no error instead of ${error.msg}`
    const entries = [...file.hosts].map(([host, { login, account, password }]) => [
      host,
      [login, account, password],
    ])
    return (
      same(show(entries), show(hosts?.$dict)) ?? same(show([...file.macros]), show(macros?.$dict))
    )
  } catch (thrown) {
    if (!(thrown instanceof NetrcError)) throw thrown
    return same(thrown.message, error?.msg)
  }
}

function same(found: unknown, wanted: unknown): Verdict {
  return found === wanted ? undefined : `${found} instead of ${wanted}`
}
