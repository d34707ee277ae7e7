// Runs vitest, then prints `N passed, N failed` from the runner's own report: the last line of `npm test`.
// A run that died, saw an unhandled error or executed nothing is a failure, whatever the report says.
// With `--whole`, as `npm test` has it, types come first, then style and layers, each counted as one test.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { row, runCheck, totals } from './check.mjs'

const CHECKS = {
  types: ['turbo', 'run', 'typecheck', 'typecheck:scripts', '--output-logs=errors-only'],
  'style and layers': [process.execPath, 'scripts/lint.mjs'],
}

const report = '.reports/vitest.json'
const counts = '.reports/counts.json'
rmSync(report, { force: true })
rmSync(counts, { force: true })
const whole = process.argv[2] === '--whole'
const checks = []
if (whole)
  for (const [what, command] of Object.entries(CHECKS)) checks.push(await runCheck(what, command))
const arguments_ = ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(whole ? 3 : 2)]
const run = spawnSync(process.execPath, arguments_, { stdio: 'inherit' })

const total = countRun()
for (const check of checks) {
  total[check.state]++
  console.log(row(check))
}
mkdirSync('.reports', { recursive: true })
writeFileSync(counts, JSON.stringify(total))
console.log(totals(total))
process.exit(total.failed ? 1 : 0)

/** @returns how many tests of vitest's report passed, failed and were skipped */
function countRun() {
  let passed = 0
  let failed = 0
  let skipped = 0
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'))
    passed = result.numPassedTests
    skipped = result.numPendingTests + result.numTodoTests
    // A file that dies while loading has no tests of its own: count it as one failure.
    const dead = result.testResults.filter(
      (file) =>
        file.status === 'failed' && !file.assertionResults.some((a) => a.status === 'failed'),
    )
    failed = result.numFailedTests + dead.length
  } catch {
    // No report at all: the exit status below decides.
  }
  if (failed === 0 && (run.status !== 0 || passed === 0)) failed = 1
  return { passed, failed, skipped }
}
