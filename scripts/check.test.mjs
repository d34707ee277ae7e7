import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { row, runCheck, totals } from './check.mjs'

const folder = mkdtempSync(join(tmpdir(), 'sluice-check-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = (text) => [process.execPath, '-e', text]
const run = (command, timeout) =>
  runCheck('a check', command, { timeout, note: join(folder, 'note'), stdio: 'ignore' })

describe('a check', () => {
  test('that ends with 0 has passed', async () => {
    expect(await run(program(''), 60_000)).toMatchObject({ state: 'passed', why: '' })
  })
  test('that ends with anything else has failed', async () => {
    const result = await run(program('process.exitCode = 3'), 60_000)
    expect(result).toMatchObject({ state: 'failed', why: 'ended with 3' })
    expect(row({ ...result, seconds: 1 })).toBe('FAIL    1.0 s  a check: ended with 3')
  })
  test('that cannot be started has failed, and says why', async () => {
    const result = await run([join(folder, 'nothing')], 60_000)
    expect([result.state, result.why]).toEqual(['failed', expect.stringContaining('ENOENT')])
  })
  test.skipIf(process.platform === 'win32')(
    'that runs out of time is ended, with what it has started, and says so',
    async () => {
      const file = join(folder, 'pid')
      const inner = `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000)`
      const outer = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'ignore' }); setInterval(() => {}, 1000)`
      const result = await run(program(outer), 1_000)
      expect(result).toMatchObject({
        state: 'failed',
        why: 'was not done in the 1.0 s that were left, and was ended',
      })
      const pid = Number(readFileSync(file, 'utf8'))
      for (let i = 0; i < 100 && isAlive(pid); i++) await new Promise((r) => setTimeout(r, 10))
      expect(isAlive(pid)).toBe(false)
    },
  )
  test('for which no time is left fails without being started', async () => {
    const file = join(folder, 'started')
    const text = `require('fs').writeFileSync(${JSON.stringify(file)}, '')`
    expect(await run(program(text), -1)).toMatchObject({
      state: 'failed',
      why: 'no time was left for it',
    })
    expect(existsSync(file)).toBe(false)
  })
  test('that could not run is skipped by name, though it ends with 0', async () => {
    const url = new URL('check.mjs', import.meta.url).href
    const text = `import(${JSON.stringify(url)}).then((m) => m.notRun('x', 'y is not here'))`
    const result = await run(program(text), 60_000)
    expect(result).toMatchObject({ state: 'skipped', why: 'not run: y is not here' })
    // The note of one check is not taken for the next one's.
    expect(await run(program(''), 60_000)).toMatchObject({ state: 'passed' })
  })
})

test("CPython's tests in a clone that stands alone are skipped, and with REQUIRE_PEERS failed", async () => {
  const scripts = join(folder, 'alone', 'clone', 'scripts')
  mkdirSync(scripts, { recursive: true })
  for (const name of ['check.mjs', 'cpython.mjs'])
    copyFileSync(new URL(name, import.meta.url), join(scripts, name))
  const required = process.env.REQUIRE_PEERS
  try {
    delete process.env.REQUIRE_PEERS
    expect(await run([process.execPath, join(scripts, 'cpython.mjs')], 60_000)).toMatchObject({
      state: 'skipped',
      why: 'not run: the harness ../shared/cpython/run.py is not there',
    })
    process.env.REQUIRE_PEERS = '1'
    expect((await run([process.execPath, join(scripts, 'cpython.mjs')], 60_000)).state).toBe(
      'failed',
    )
  } finally {
    if (required === undefined) delete process.env.REQUIRE_PEERS
    else process.env.REQUIRE_PEERS = required
  }
})

test("a module of CPython's tests that there is not is one sentence", () => {
  const script = fileURLToPath(new URL('cpython.mjs', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [script, 'netrc', 'nettrc'])
  expect([status, String(stderr)]).toEqual([
    2,
    expect.stringMatching(/^cpython: there is no module 'nettrc'; there are test_urlparse, .*\n$/),
  ])
})

test('the last line names what was skipped, if anything was', () => {
  expect(totals({ passed: 2, failed: 0, skipped: 0 })).toBe('2 passed, 0 failed')
  expect(totals({ passed: 2, failed: 1, skipped: 3 })).toBe('2 passed, 1 failed, 3 skipped')
})

/** Whether a process runs; one that has ended and waits for its parent does not. */
function isAlive(pid) {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout
  return state.trim() !== '' && !state.startsWith('Z')
}
