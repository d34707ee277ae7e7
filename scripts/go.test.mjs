import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('every job can be run as `npm run NAME`, and every script is a job', () => {
  const go = readFileSync(new URL('go.mjs', import.meta.url), 'utf8')
  const table = go.slice(
    go.indexOf('const JOBS = {'),
    go.indexOf('\n}\n', go.indexOf('const JOBS = {')),
  )
  const jobs = [...table.matchAll(/^ {2}(\w+): \{/gm)].map(([, name]) => name)
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  // A name with a colon is a part of a job, for turbo to run.
  const { go: _go, ...others } = scripts
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => !name.includes(':')))
  expect(Object.keys(rest).sort()).toEqual(jobs.sort())
  for (const [name, command] of Object.entries(rest))
    expect(command).toBe(`node scripts/go.mjs ${name}`)
})

test.skipIf(process.platform === 'win32')(
  '`npm test` counts types as one test, and style and layers as another',
  () => {
    const root = fileURLToPath(new URL('..', import.meta.url))
    const scripts = { 'check.mjs': 0, 'test.mjs': 0, 'lint.mjs': 1 }
    const house = mkdtempSync(join(tmpdir(), 'sluice-counts-'))
    try {
      // A house with the real counting, and stand-ins for what is counted.
      for (const directory of ['scripts', 'bin', 'node_modules/vitest'])
        mkdirSync(join(house, directory), { recursive: true })
      for (const [name, planted] of Object.entries(scripts)) {
        if (planted) writeFileSync(join(house, 'scripts', name), 'process.exitCode = 1')
        else copyFileSync(join(root, 'scripts', name), join(house, 'scripts', name))
      }
      writeFileSync(join(house, 'bin', 'turbo'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
      const report = {
        numPassedTests: 5,
        numFailedTests: 0,
        numPendingTests: 1,
        numTodoTests: 0,
        testResults: [],
      }
      writeFileSync(
        join(house, 'node_modules/vitest/vitest.mjs'),
        `import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('.reports', { recursive: true })
writeFileSync('.reports/vitest.json', ${JSON.stringify(JSON.stringify(report))})`,
      )
      const env = { ...process.env, PATH: `${join(house, 'bin')}${delimiter}${process.env.PATH}` }
      const run = spawnSync(process.execPath, ['scripts/test.mjs', '--whole'], {
        cwd: house,
        env,
        encoding: 'utf8',
      })
      expect(run.stdout).toMatch(/ok {2} +\d+\.\d s {2}types\n/)
      expect(run.stdout).toMatch(/FAIL +\d+\.\d s {2}style and layers: ended with 1\n/)
      expect(run.stdout.trim().split('\n').at(-1)).toBe('6 passed, 1 failed, 1 skipped')
      expect(run.status).toBe(1)
      const unit = spawnSync(process.execPath, ['scripts/test.mjs'], {
        cwd: house,
        env,
        encoding: 'utf8',
      })
      expect(unit.stdout.trim().split('\n').at(-1)).toBe('5 passed, 0 failed, 1 skipped')
    } finally {
      rmSync(house, { recursive: true, force: true })
    }
  },
)
