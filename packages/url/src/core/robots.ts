/** robots.txt: who may fetch what, by either of two sets of rules. */
import { checkOptions, checkText } from './options.ts'
import { type Robots, sameForAll } from './robots-lines.ts'
import { parsePythonRobots } from './robots-python.ts'
import { parseRfcRobots } from './robots-rfc.ts'

/** Which rules. */
export interface RobotsOptions {
  /**
   * `rfc9309` (default): the longest match decides, with `*` and `$`; `python`: the first one does, as
   * `urllib.robotparser` has it.
   */
  semantics?: 'rfc9309' | 'python' | undefined
}

/**
 * Reads a robots.txt.
 *
 * @param text its content; of RFC 9309 the first 512 KiB count
 * @param options by which rules
 * @returns what may be asked; what can't be read in it is overlooked
 * @throws {TypeError} options that make no sense
 * @see RFC 9309
 * @example
 * const robots = parseRobots('User-agent: *\nDisallow: /private')
 * console.log(robots.isAllowed('ExampleBot', 'https://example.com/private/x')) // false
 */
export function parseRobots(text: string, options: RobotsOptions = {}): Robots {
  checkText('parseRobots', text)
  checkOptions('parseRobots', options, ['semantics'])
  const { semantics = 'rfc9309' } = options
  if (semantics === 'python') return parsePythonRobots(text)
  if (semantics === 'rfc9309') return parseRfcRobots(text)
  throw new TypeError(
    `parseRobots: semantics is 'rfc9309' or 'python', not ${JSON.stringify(semantics)}`,
  )
}

/**
 * Tells what the answer to a request for a robots.txt means, whatever it is.
 *
 * @param answer its status, and its body where that is a success
 * @param options by which rules
 * @returns the rules of the file; all is allowed where there is none (4xx; for Python not 401 and 403), and nothing where the
 *   server could not say (5xx)
 * @throws {TypeError} options that make no sense
 * @see RFC 9309 §2.3.1
 * @example robotsFor({ status: 404, text: '' }).isAllowed('ExampleBot', '/') // true
 */
export function robotsFor(
  answer: { readonly status: number; readonly text: string },
  options: RobotsOptions = {},
): Robots {
  const { status, text } = answer
  if (status >= 200 && status < 300) return parseRobots(text, options)
  const isRefusal = options.semantics === 'python' && (status === 401 || status === 403)
  return sameForAll(status >= 400 && status < 500 && !isRefusal)
}
