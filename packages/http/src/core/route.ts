/**
 * Patterns of paths, and which route a request takes. A part of the syntax of WHATWG URLPattern, with the same meaning:
 *
 * - text stands for itself; a backslash in front takes the meaning of what follows;
 * - `:name` is one segment, or the rest of one: `/users/:id`, `/v:major`, `/:file.json`;
 * - `/:name?` may be missing, `/:name+` is one segment or more, `/:name*` any number; these stand last;
 * - `/*` is whatever follows, also nothing, and is called `0`.
 *
 * What URLPattern has besides (groups, expressions) is refused, not read as text. Matching is linear in the path, since a
 * segment has one name at most: nothing is tried twice.
 */

/** The names in a pattern: `PathParams<'/users/:id'>` is `{ id: string }`. */
export type PathParams<P extends string> = string extends P
  ? Record<string, string | undefined>
  : {
      [N in Names<P> as Bare<N>]: N extends `${string}?` | `${string}*`
        ? string | undefined
        : string
    }

type Names<P extends string> = P extends `${infer First}/${infer Rest}`
  ? Names<First> | Names<Rest>
  : P extends `${string}:${infer Name}`
    ? Word<Name>
    : P extends '*'
      ? '0'
      : never
/** Up to what can't be part of a name. */
type Word<N extends string> = N extends `${infer A}.${string}`
  ? A
  : N extends `${infer A}-${string}`
    ? A
    : N
type Bare<N extends string> = N extends `${infer A}?`
  ? A
  : N extends `${infer A}+`
    ? A
    : N extends `${infer A}*`
      ? A
      : N

/** A segment with a name in it. */
interface Named {
  readonly before: string
  readonly name: string
  readonly after: string
}

/** What follows the segments. */
interface Tail {
  readonly name: string
  /** Segments at least, and at most. */
  readonly least: 0 | 1
  readonly most: 1 | typeof Number.POSITIVE_INFINITY
  /** A bare `*`: the slash in front of it has to be there. */
  readonly isWildcard: boolean
}

/** A pattern that was read. */
export interface RoutePattern {
  readonly text: string
  readonly segments: readonly (string | Named)[]
  readonly tail: Tail | undefined
}

const NAME = /^:([A-Za-z_$][\w$]*)([?+*]?)/
/** Of URLPattern, and not here. */
const REFUSED = /[(){}*+?]/

/**
 * Reads a pattern.
 *
 * @param text begins with a slash
 * @throws {SyntaxError} for what is no pattern, and for what URLPattern has and this has not
 */
export function parsePattern(text: string): RoutePattern {
  if (typeof text !== 'string' || !text.startsWith('/'))
    throw new SyntaxError(`a pattern begins with a slash, not ${JSON.stringify(text)}`)
  const parts = text.slice(1).split('/')
  const segments: (string | Named)[] = []
  const names = new Set<string>()
  let tail: Tail | undefined
  for (const [i, part] of parts.entries()) {
    const segment = readSegment(part, text)
    const name = typeof segment === 'string' ? undefined : segment.name
    if (name !== undefined && names.has(name)) throw wrong(text, `has two names '${name}'`)
    if (name !== undefined) names.add(name)
    if (typeof segment === 'string' || !('least' in segment)) segments.push(segment)
    else if (i < parts.length - 1) throw wrong(text, `has '${part}' before its end`)
    else tail = segment
  }
  return { text, segments, tail }
}

function readSegment(part: string, text: string): string | Named | Tail {
  if (part === '*') return { name: '0', least: 0, most: Number.POSITIVE_INFINITY, isWildcard: true }
  const [before, at] = readText(part, 0, text)
  if (at === part.length) return before
  const [match, name = '', modifier] = NAME.exec(part.slice(at)) ?? []
  if (match === undefined) throw wrong(text, "has a ':' without a name")
  const [after, end] = readText(part, at + match.length, text)
  if (end < part.length) throw wrong(text, 'has two names in one segment')
  if (!modifier) return { before, name, after }
  if (before !== '' || after !== '') throw wrong(text, `has text around ':${name}${modifier}'`)
  return {
    name,
    least: modifier === '+' ? 1 : 0,
    most: modifier === '?' ? 1 : Number.POSITIVE_INFINITY,
    isWildcard: false,
  }
}

/** Text up to a name. @returns it, and where it ends */
function readText(part: string, from: number, text: string): [string, number] {
  let found = ''
  let at = from
  for (; at < part.length && part[at] !== ':'; at++) {
    const character = part[at] as string
    if (character === '\\' && at + 1 < part.length) found += part[++at]
    else if (REFUSED.test(character))
      throw wrong(text, `has '${character}', which has no meaning here`)
    else found += character
  }
  return [found, at]
}

function wrong(text: string, what: string): SyntaxError {
  return new SyntaxError(`the pattern ${JSON.stringify(text)} ${what}`)
}

/**
 * Matches a path.
 *
 * @param pathname percent-encoded, without query
 * @returns the names with their decoded text, or `undefined`. What can't be decoded stays as it is. Never throws
 */
export function matchPattern(
  { segments, tail }: RoutePattern,
  pathname: string,
): Record<string, string> | undefined {
  const found: Record<string, string> = Object.create(null)
  const parts = pathname.slice(1).split('/')
  const rest = parts.length - segments.length
  if (rest < 0 || (tail === undefined && rest > 0)) return undefined
  for (const [i, segment] of segments.entries()) {
    const part = parts[i] as string
    if (typeof segment === 'string') {
      if (part !== segment && decoded(part) !== segment) return undefined
      continue
    }
    const { before, name, after } = segment
    const length = part.length - before.length - after.length
    if (length < 1 || !part.startsWith(before) || !part.endsWith(after)) return undefined
    found[name] = decoded(part.slice(before.length, part.length - after.length))
  }
  if (tail === undefined) return found
  const more = parts.slice(segments.length)
  // Of a wildcard only the slash in front has to be there; a name stands for something.
  if (tail.isWildcard ? rest < 1 : rest < tail.least || rest > tail.most || more.includes(''))
    return undefined
  if (rest > 0) found[tail.name] = more.map(decoded).join('/')
  return found
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The path of a URL that was normalised already: no other parser is needed to find it. */
export function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  if (start === -1) return '/'
  const end = url.slice(start).search(/[?#]/)
  return end === -1 ? url.slice(start) : url.slice(start, start + end)
}

/**
 * The methods of a path, as Allow has them (RFC 9110 §10.2.1).
 *
 * @param methods those that routes have
 */
export function allowedMethods(methods: Iterable<string>): string[] {
  const all = new Set(methods)
  if (all.has('GET')) all.add('HEAD')
  all.add('OPTIONS')
  return [...all].sort()
}
