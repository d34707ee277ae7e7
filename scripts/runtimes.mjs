// The suite inside other runtimes: `npm run runtimes [-- node22 bun ...]`. The runtimes come from the registry
// into tools/runtimes, outside the workspace and never in PATH, since the package `node` would otherwise take
// the place of the one that runs us. Titles of failing tests are printed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = resolve('tools/runtimes')
const bin = (path) => resolve(folder, 'node_modules', path)
export const RUNTIMES = {
  node22: [bin('node22/bin/node')],
  node24: [bin('node24/bin/node')],
  node26: [bin('node26/bin/node')],
  bun: [bin('.bin/bun'), '--bun'],
  deno: [bin('.bin/deno'), 'run', '-A'],
}

/** Installs the runtimes where one is missing; says so, since it takes half a minute. */
export function bringRuntimes() {
  if (Object.values(RUNTIMES).every(([file]) => existsSync(file))) return
  console.log('Getting the other runtimes (once, about 30 s) ...')
  const args = ['install', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  bringRuntimes()
  mkdirSync('.reports', { recursive: true })
  const names = process.argv.slice(2).filter((a) => a !== '--')
  let failed = 0
  for (const name of names.length ? names : Object.keys(RUNTIMES)) if (!runSuite(name)) failed++
  process.exit(failed ? 1 : 0)
}

function runSuite(name) {
  const report = `.reports/${name}.json`
  rmSync(report, { force: true })
  const projects = ['socket', 'http', 'url'].flatMap((p) => ['--project', p])
  const [command, ...args] = [
    ...RUNTIMES[name],
    'node_modules/vitest/vitest.mjs',
    'run',
    '--silent',
    ...projects,
  ]
  const run = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
    env: { ...process.env, TEST_RUNTIME: name, VITEST_SKIP_INSTALL_CHECKS: '1' },
  })
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
  const passed = result?.numPassedTests ?? 0
  const skipped = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0)
  const ok = run.status === 0 && passed > 0
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(7)} ${passed} passed, ${result?.numFailedTests ?? 1} failed, ${skipped} skipped`,
  )
  for (const file of result?.testResults ?? []) {
    const bad = file.assertionResults.filter((a) => a.status === 'failed')
    for (const { fullName, failureMessages } of bad)
      console.log(`       ${fullName}: ${(failureMessages[0] ?? '').split('\n')[0]}`)
    if (file.status === 'failed' && bad.length === 0)
      console.log(`       ${file.name}: ${file.message}`)
  }
  return ok
}
