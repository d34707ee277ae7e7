import { describe, expect, test } from 'vitest'
import { formatDraftName, isAbandoned, parseDraftName } from './draft-name.ts'

const CHANCE = '0123456789abcdef'
const OURS = { host: '1a2b3c4d', pid: 4711 }
const HOUR = 3_600_000

test('a name says who writes', () => {
  const name = formatDraftName(OURS, CHANCE)
  expect(name).toBe('.sluice-1a2b3c4d-4711-0123456789abcdef.tmp')
  expect(parseDraftName(name)).toEqual(OURS)
})

test.each([
  'cookies.txt',
  '.tmp',
  '.0123456789abcdef.tmp',
  '.sluice-1a2b3c4d-4711-0123456789abcde.tmp',
  '.sluice-1a2b3c4d-4711-0123456789abcdef.tmp.txt',
  '.sluice-1a2b3c4d--0123456789abcdef.tmp',
  '.sluice-1a2b3c4g-4711-0123456789abcdef.tmp',
  'x.sluice-1a2b3c4d-4711-0123456789abcdef.tmp',
])('%s is no draft of ours', (name) => {
  expect(parseDraftName(name)).toBeUndefined()
})

describe('a draft', () => {
  test.each<[title: string, host: string, isAlive: boolean, age: number, abandoned: boolean]>([
    ['of a process that is here is being written', OURS.host, true, 0, false],
    ['of a process that is gone is abandoned', OURS.host, false, 0, true],
    [
      'of a number that somebody else has by now is abandoned in the end',
      OURS.host,
      true,
      HOUR + 1,
      true,
    ],
    ['of another machine may be being written', 'ffffffff', false, HOUR, false],
    ['of another machine is abandoned in the end', 'ffffffff', false, HOUR + 1, true],
  ])('%s', (_title, host, isAlive, age, abandoned) => {
    expect(isAbandoned(OURS, host, () => isAlive, age)).toBe(abandoned)
  })
})
