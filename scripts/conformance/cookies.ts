// Formats `http-state-parser` and `cookie-date`: what a user agent keeps of Set-Cookie lines and sends back, and how it
// reads the dates in them (RFC 6265 §5).
import { CookieJar, parseCookieDate } from '../../packages/url/src/cookies.ts'
import type { Case, Verdict } from './corpus.ts'
import { show } from './decode.ts'

interface StateCase {
  readonly received: readonly string[]
  readonly 'sent-to'?: string
  readonly sent: readonly { readonly name: string; readonly value: string }[]
}

/** As the suite says. */
const CLOCK = Date.UTC(2011, 0, 1)
/** Whose lines they are; what is sent is looked at one page further, where the suite's server redirects to. */
const FROM = 'http://home.example.org:8888/cookie-parser'

/** @returns what is wrong, or `undefined` */
export function runHttpState(test: Case): Verdict {
  const { received, sent, ...rest } = test as unknown as StateCase
  const jar = new CookieJar({ now: () => CLOCK })
  for (const line of received) jar.set(onTheWire(line), FROM)
  const to = new URL(rest['sent-to'] ?? '/cookie-parser-result', FROM)
  const found = jar.get(to).map(({ name, value }) => [name, value])
  const wanted = sent.map(({ name, value }) => [onTheWire(name), onTheWire(value)])
  return show(found) === show(wanted) ? undefined : `${show(found)} instead of ${show(wanted)}`
}

/** @returns what is wrong, or `undefined` */
export function runCookieDate(test: Case): Verdict {
  const time = parseCookieDate(String(test['input']))
  const found = time === undefined ? null : new Date(time).toUTCString()
  return found === test['expected'] ? undefined : `${found} instead of ${test['expected']}`
}

/** The file holds text; a field holds bytes, each as a character. */
function onTheWire(text: string): string {
  return Buffer.from(text).toString('latin1')
}
