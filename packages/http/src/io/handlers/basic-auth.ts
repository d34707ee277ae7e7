/** `basicAuth`: a handler behind a name and a password (RFC 7617). They travel in the clear: for TLS, or this machine alone. */
import { parseBasic, sameText } from '../../core/basic-auth.ts'
import { checkOptions } from '../../core/check-options.ts'
import { formatWord } from '../../core/fields/grammar.ts'
import { Response } from '../response.ts'
import { type Handler, toHandler } from '../server-context.ts'

/** Who gets in. */
export interface BasicAuthOptions {
  /** Names with their passwords, or a function that says whether a pair gets in: `true` does, and nothing else. */
  users:
    | Readonly<Record<string, string>>
    | ((username: string, password: string) => boolean | Promise<boolean>)
  /** What a browser shows beside its question; default `protected`. */
  realm?: string | undefined
}

/**
 * Wraps a handler so that it answers only who knows a name and its password; everybody else is answered 401.
 *
 * @param handler a function, or an object with such a `fetch`
 * @param options names and passwords, or who knows them
 * @returns a handler
 * @throws {TypeError | RangeError} for options that make no sense
 * @see RFC 7617; RFC 9110 §11.6.1
 * @example const server = await serve(basicAuth(() => new Response('hi'), { users: { ada: 'secret' } }), { port: 8080 })
 */
export function basicAuth(
  handler: Handler | { fetch: Handler },
  options: BasicAuthOptions,
): Handler {
  checkOptions('basicAuth', options, ['users', 'realm'])
  const next = toHandler(handler)
  const { users, realm = 'protected' } = options
  if (typeof users !== 'function' && (typeof users !== 'object' || users === null))
    throw new TypeError('basicAuth: users is an object of names and passwords, or a function')
  const challenge = `Basic realm=${quoted(realm)}, charset="UTF-8"`
  const isKnown = typeof users === 'function' ? users : knower(users)
  return async (request, info) => {
    const given = parseBasic(request.headers.get('authorization'))
    if (given !== undefined && (await isKnown(given.username, given.password)) === true)
      return next(request, info)
    return new Response('401 Unauthorized\n', {
      status: 401,
      headers: [['WWW-Authenticate', challenge]],
    }) as unknown as globalThis.Response
  }
}

/** Looks at every name: how long it takes tells nothing about which of them there are. */
function knower(
  users: Readonly<Record<string, string>>,
): (name: string, password: string) => boolean {
  const wrong = Object.keys(users).find((name) => name.includes(':'))
  if (wrong !== undefined)
    throw new TypeError(`basicAuth: a name has no colon (RFC 7617 §2), unlike '${wrong}'`)
  const pairs = Object.entries(users).map(([name, password]) => `${name}:${password}`)
  return (name, password) => {
    let isKnown = false
    for (const pair of pairs) if (sameText(`${name}:${password}`, pair)) isKnown = true
    return isKnown
  }
}

function quoted(realm: string): string {
  const word = formatWord(realm)
  return word.startsWith('"') ? word : `"${word}"`
}
