// Everything that has to hold before a change lands: `npm test`, then each remaining check, each counted as one
// test and timed. The last line is `N passed, N failed`; the whole has a published budget of 15 minutes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const BUDGET_MINUTES = 15
const JOBS = 'build modes conformance cpython docs states api size knip pack runtimes'.split(' ')
const CHECKS = [['npm', 'start'], ...JOBS.map((job) => ['npm', 'run', '--silent', job])]

const started = performance.now()
const rows = []
rmSync('.reports', { recursive: true, force: true })
mkdirSync('.reports', { recursive: true })

const suite = check(['npm', 'test'])
const counts = existsSync('.reports/counts.json')
  ? JSON.parse(readFileSync('.reports/counts.json', 'utf8'))
  : { passed: 0, failed: 0, skipped: 0 }
let { passed, failed, skipped } = counts
if (!suite && failed === 0) failed = 1
if (failed === 0) for (const command of CHECKS) check(command) ? passed++ : failed++

const minutes = (performance.now() - started) / 60_000
console.log('')
for (const [ok, what, seconds] of rows)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${seconds.padStart(6)} s  ${what}`)
const inTime = minutes <= BUDGET_MINUTES
inTime ? passed++ : failed++
console.log(`${inTime ? 'ok  ' : 'FAIL'} ${minutes.toFixed(1)} of ${BUDGET_MINUTES} minutes`)
writeFileSync('.reports/ci.json', JSON.stringify({ passed, failed, skipped, minutes, rows }))
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exit(failed ? 1 : 0)

function check([command, ...args]) {
  const what = [command, ...args].filter((a) => a !== '--silent').join(' ')
  console.log(`::: ${what}`)
  const from = performance.now()
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  rows.push([status === 0, what, ((performance.now() - from) / 1000).toFixed(1)])
  return status === 0
}
