// Runs vitest, then prints `N passed, N failed` from the runner's own report: the last line of `npm test`.
// A run that died, saw an unhandled error or executed nothing is a failure, whatever the report says.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const report = '.reports/vitest.json'
const counts = '.reports/counts.json'
rmSync(report, { force: true })
rmSync(counts, { force: true })
const arguments_ = ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)]
const run = spawnSync(process.execPath, arguments_, { stdio: 'inherit' })

let passed = 0
let failed = 0
let skipped = 0
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  passed = result.numPassedTests
  skipped = result.numPendingTests + result.numTodoTests
  // A file that dies while loading has no tests of its own: count it as one failure.
  const dead = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((a) => a.status === 'failed'),
  )
  failed = result.numFailedTests + dead.length
} catch {
  // No report at all: the exit status below decides.
}
if (failed === 0 && (run.status !== 0 || passed === 0)) failed = 1
mkdirSync('.reports', { recursive: true })
writeFileSync(counts, JSON.stringify({ passed, failed, skipped }))
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exit(failed ? 1 : 0)
