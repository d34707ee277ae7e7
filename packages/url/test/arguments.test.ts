import { expect, test } from 'vitest'
import * as parse from '../src/parse.ts'
import { parseRobots } from '../src/robots.ts'

/** What may be given where text is wanted, by a program without types. */
const WRONG: [unknown, string][] = [
  [undefined, 'undefined'],
  [null, 'null'],
  [5, 'a number'],
  [['a'], 'an array'],
  [{}, 'an object'],
]
type Call = (value: never) => unknown

test.each<[string, Call]>([
  ['urlsplit', (v) => parse.urlsplit(v)],
  ['urlparse', (v) => parse.urlparse(v)],
  ['urldefrag', (v) => parse.urldefrag(v)],
  ['urljoin', (v) => parse.urljoin(v, 'a')],
  ['urljoin', (v) => parse.urljoin('http://h/', v)],
  ['parseQs', (v) => parse.parseQs(v)],
  ['parseQsl', (v) => parse.parseQsl(v)],
  ['unquotePlus', (v) => parse.unquotePlus(v)],
  ['parseDataUrl', (v) => parse.parseDataUrl(v)],
  ['parseRobots', (v) => parseRobots(v)],
])('%s takes text and says so', (name, call) => {
  for (const [value, shown] of WRONG)
    expect(() => call(value as never)).toThrow(
      new TypeError(`${name} takes a string, not ${shown}`),
    )
})
