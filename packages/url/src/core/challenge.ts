/**
 * WWW-Authenticate and Proxy-Authenticate: what a server asks for (RFC 9110 §11.3, §11.6.1).
 *
 *     Digest realm="a, b", qop="auth", Basic realm="c", Negotiate, NTLM TlRMTVNTUA==
 *
 * The grammar has one comma for two things: it parts challenges, and it parts the parameters of one. What follows it is a
 * parameter where a name and an `=` follow, and a challenge where they do not. A challenge that can't be read is left out,
 * and those around it stay.
 */

/** One way to prove who one is. */
export interface Challenge {
  /** As it was written; compare it in small letters. */
  readonly scheme: string
  /** Names in small letters; of two alike the first counts. */
  readonly parameters: ReadonlyMap<string, string>
  /** What stands in the place of parameters: base64 in one piece, as of Negotiate; nothing where there is none. */
  readonly token: string | undefined
}

const TOKEN = /[!#$%&'*+\-.^_`|~\dA-Za-z]+/y
/** RFC 9110 §11.2: token68, and then the end or a comma. */
const TOKEN68 = /([\dA-Za-z\-._~+/]+=*)[ \t]*(?=,|$)/y
/** A name, `=` with blanks around it (§11.2: BWS), and a value: a token or a quoted string. */
const PARAMETER =
  /([!#$%&'*+\-.^_`|~\dA-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;=][^\s",]*))/sy
/** Whether one begins, whole or broken. */
const BEGINS = /[!#$%&'*+\-.^_`|~\dA-Za-z]+[ \t]*=/y
const SEPARATORS = /[ \t]*(?:,[ \t]*)*/y
/** What can't be read ends at a comma outside of quotes; a quote that is never closed takes all that follows. */
const REST = /(?:[^",]|"(?:[^"\\]|\\(?:.|$))*(?:"|$))*/sy
const END = /[ \t]*(?:,|$)/y

/**
 * Reads the field; several lines of it are joined with commas first, as `Headers.get` does.
 *
 * @param text the field value
 * @returns the challenges in their order. Never throws
 * @see RFC 9110 §11.6.1
 * @example parseChallenges('Basic realm="x", Bearer')[0]?.parameters.get('realm') // 'x'
 */
export function parseChallenges(text: string): Challenge[] {
  const challenges: Challenge[] = []
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) at = pattern.lastIndex
    return found
  }
  /** The parameters from here; nothing when one of them is broken. */
  const readParameters = (): Map<string, string> | undefined => {
    const found = new Map<string, string>()
    let isWhole = true
    while (startsWith(BEGINS, text, at)) {
      const parameter = match(PARAMETER)
      if (parameter === null) {
        isWhole = false
        match(REST)
      } else {
        const [, name = '', quoted, token = ''] = parameter
        const key = name.toLowerCase()
        if (!found.has(key)) found.set(key, quoted?.replace(/\\(.)/gs, '$1') ?? token)
        // Between a value and what follows stands a comma, or it was no value.
        if (!startsWith(END, text, at)) {
          isWhole = false
          match(REST)
        }
      }
      match(SEPARATORS)
    }
    return isWhole ? found : undefined
  }
  while (at < text.length) {
    match(SEPARATORS)
    if (at >= text.length) break
    const scheme = match(TOKEN)?.[0]
    if (scheme === undefined) {
      const before = at
      match(REST)
      if (at === before) at++
      continue
    }
    if (match(/[ \t]+/y) === null && at < text.length && text[at] !== ',') {
      match(REST)
      continue
    }
    const token = match(TOKEN68)?.[1]
    const before = at
    // An empty member may stand before the first parameter, too (§5.6.1.2).
    match(SEPARATORS)
    if (!startsWith(BEGINS, text, at)) at = before
    const parameters = token === undefined ? readParameters() : new Map<string, string>()
    if (token === undefined && parameters?.size === 0 && !startsWith(END, text, at)) match(REST)
    else if (parameters !== undefined) challenges.push({ scheme, parameters, token })
  }
  return challenges
}

function startsWith(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at
  return pattern.test(text)
}
