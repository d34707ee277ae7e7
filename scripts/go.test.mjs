import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('every job can be run as `npm run NAME`, and every script is a job', () => {
  const go = readFileSync(new URL('go.mjs', import.meta.url), 'utf8')
  const table = go.slice(
    go.indexOf('const JOBS = {'),
    go.indexOf('\n}\n', go.indexOf('const JOBS = {')),
  )
  const jobs = [...table.matchAll(/^ {2}(\w+): \{/gm)].map(([, name]) => name)
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const { go: _go, ...rest } = scripts
  expect(Object.keys(rest).sort()).toEqual(jobs.sort())
  for (const [name, command] of Object.entries(rest))
    expect(command).toBe(`node scripts/go.mjs ${name}`)
})
