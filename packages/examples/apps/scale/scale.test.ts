/** What is told of figures by tables; each way answers, ends, and leaves nothing behind. */
import { request } from '@sluice/http'
import { listen } from '@sluice/socket'
import { describe, expect, test } from 'vitest'
import { startSource } from '../../lib/children.ts'
import { openCrew } from './crew.ts'
import { quantile, type Result, tableOf, WAYS, wayOf } from './protocol.ts'
import { compute } from './work.ts'

test('a quantile is one of the values', () => {
  const values = [5, 1, 4, 2, 3]
  expect([0, 0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([1, 3, 5, 5])
  expect(values).toEqual([5, 1, 4, 2, 3])
})
test('the table compares with one loop at the same work', () => {
  const results: Result[] = [
    { way: 'one loop', kind: 'waiting', rate: 1000, slow: 20 },
    { way: 'one loop', kind: 'computing', rate: 100, slow: 300 },
    { way: 'threads', kind: 'computing', rate: 190.4, slow: 170.6 },
  ]
  expect(tableOf(results).split('\n').slice(1)).toEqual([
    'waiting    one loop        1000   1.00 x       20 ms',
    'computing  one loop         100   1.00 x      300 ms',
    'computing  threads          190   1.90 x      171 ms',
  ])
})
test.each(WAYS)('%s has a word for the command line', (way) => {
  expect(wayOf(way.replace(' ', '-'))).toBe(way)
  expect(wayOf('__proto__')).toBeUndefined()
})

test('a crew computes what one thread computes, however many ask', {
  timeout: 30_000,
}, async () => {
  await using crew = openCrew(2)
  const hashes = await Promise.all(Array.from({ length: 6 }, () => crew.compute()))
  expect(new Set(hashes)).toEqual(new Set([compute()]))
})

describe.each(WAYS)('%s', (way) => {
  test('waits and computes, refuses the rest, and ends when it is asked to', {
    timeout: 30_000,
  }, async () => {
    const free = await listen('127.0.0.1:0')
    const { port } = free.address
    await free.close()
    const words = [way.replace(' ', '-'), '2', String(port)]
    const server = startSource(new URL('server.ts', import.meta.url), [], words)
    await server.says('listening')
    const answers = await Promise.all(
      ['waiting', 'computing', 'nothing'].map(async (path) => {
        const response = await request(`http://127.0.0.1:${port}/${path}`)
        return [response.status, await response.text()]
      }),
    )
    server.stop()
    expect(await server.ended).toBe(0)
    expect(answers).toEqual([
      [200, 'done'],
      [200, compute()],
      [404, ''],
    ])
    // All of it is gone: somebody else can listen there.
    await (await listen(`127.0.0.1:${port}`)).close()
  })
})
