/** ARCHITECTURE.md follows one byte: the files that it names ran in one fetch, and so did the functions. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { run } from './kit.ts'

/** Named for what happens another time: on the first fetch, of one address that answers, they have nothing to do. */
const ANOTHER_TIME = ['packages/socket/src/io/race.ts']

const text = readFileSync(new URL('../../../ARCHITECTURE.md', import.meta.url), 'utf8')
const steps = [...text.matchAll(/^\d+\. .+$/gm)].map(([step]) => step)

test('each step of the way of one byte is taken by one fetch', async () => {
  const { out, err, status } = await run('test/journey.ts')
  expect([status, err]).toEqual([0, 'one byte and more\n'])
  const ran = JSON.parse(out) as Record<string, string[]>
  expect(steps).toHaveLength(13)
  for (const step of steps) {
    const files = [...step.matchAll(/\]\((packages\/[^)]+)\)/g)].map(([, file]) => file as string)
    const met = files.filter((file) => !ANOTHER_TIME.includes(file))
    expect(met.filter((file) => (ran[file] ?? []).length === 0)).toEqual([])
    const functions = [...step.matchAll(/`(\w+)\(\)`/g)].map(([, name]) => name as string)
    const called = new Set(files.flatMap((file) => ran[file] ?? []))
    expect(functions.filter((name) => !called.has(name))).toEqual([])
  }
})
