/** What a stranger may have written takes time in proportion to its length, whatever it is made of: CWE-1333. */
import { expect, test } from 'vitest'
import { growthOfText, LINEAR } from '../../../../scripts/growth.ts'
import { explain } from './explain.ts'
import { parseListLine } from './ftp-list.ts'
import { parseRobots } from './robots.ts'

const now = new Date(0)

test.each<[what: string, piece: string, read: (text: string) => unknown]>([
  ['blanks in a listing', ' ', (text) => parseListLine(`-rw-r--r-- 1 a ${text}!`, now)],
  ['names in a listing', 'a ', (text) => parseListLine(`-rw-r--r-- 1 ${text}1 Jan 1 x`, now)],
  ['numbers in a listing', '1, ', (text) => parseListLine(`-rw-r--r-- 1 a ${text}`, now)],
  ['dates in a listing', '1 Jan 1  ', (text) => parseListLine(`-rw-r--r-- 1 ${text}`, now)],
  // A line is cut at 16 KiB: longer files have more of them.
  ['blanks in robots.txt', `a${' '.repeat(4094)}\n`, parseRobots],
  [
    'blanks in a line of robots.txt',
    ' ',
    (text) => parseRobots(`a${text.slice(0, text.length / 8)}b`),
  ],
  [
    'blanks in robots.txt of Python',
    '\t',
    (text) => parseRobots(`User-agent: a\nDisallow: /${text}x`, { semantics: 'python' }),
  ],
  ['blanks in a URL', ' ', (text) => explain(`http://a/${text}b`)],
  ['controls in a URL', '\0', (text) => explain(`http://a/${text}b`)],
])('%s take linear time', (_, piece, read) => {
  expect(growthOfText(piece, read)).toBeLessThan(LINEAR)
})
