// Everything that has to hold before a change lands: `npm test`, then each remaining check, each counted as one
// test and timed. The last line is `N passed, N failed`; the whole has a published budget of 15 minutes, and each
// check gets what the ones before it have left of it.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { row, runCheck, totals } from './check.mjs'

const BUDGET_MINUTES = 15
// About twenty seconds of chance for each of the two kinds, the same dice each time: what lands is no matter of luck.
const FUZZ = 'fuzz -- --runs 700000 --seed 20261130'
const JOBS = [
  ...['build', 'modes', 'conformance', FUZZ, 'cpython', 'docs'],
  ...['states', 'api', 'size', 'knip', 'pack', 'runtimes'],
]

const deadline = performance.now() + BUDGET_MINUTES * 60_000
const rows = []
rmSync('.reports', { recursive: true, force: true })
mkdirSync('.reports', { recursive: true })

const suite = await check('npm test', ['npm', 'test'])
const counts = existsSync('.reports/counts.json')
  ? JSON.parse(readFileSync('.reports/counts.json', 'utf8'))
  : { passed: 0, failed: 0, skipped: 0 }
if (suite !== 'passed' && counts.failed === 0) counts.failed = 1
if (counts.failed === 0) {
  counts[await check('npm start', ['npm', 'start'])]++
  for (const job of JOBS)
    counts[await check(`npm run ${job}`, ['npm', 'run', '--silent', ...job.split(' ')])]++
}

const minutes = BUDGET_MINUTES - (deadline - performance.now()) / 60_000
console.log('')
for (const done of rows) console.log(row(done))
const inTime = minutes <= BUDGET_MINUTES
counts[inTime ? 'passed' : 'failed']++
console.log(`${inTime ? 'ok  ' : 'FAIL'} ${minutes.toFixed(1)} of ${BUDGET_MINUTES} minutes`)
writeFileSync('.reports/ci.json', JSON.stringify({ ...counts, minutes, rows }))
console.log(totals(counts))
process.exit(counts.failed ? 1 : 0)

async function check(what, command) {
  console.log(`::: ${what}`)
  const result = await runCheck(what, command, { timeout: deadline - performance.now() })
  if (result.why) console.log(row(result))
  rows.push(result)
  return result.state
}
