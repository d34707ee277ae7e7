// The suite in the two other modes of the shared read buffer: poisoned (bytes are overwritten after the call
// that brought them), and switched off. The plain mode is `npm test` itself. What opens no connection of ours, and
// what starts other programs, is left to it.
import { spawnSync } from 'node:child_process'

const MODES = { poison: { SLUICE_POISON: '1' }, 'shared-off': { SLUICE_SHARED_READ: '0' } }
let failed = 0
for (const [name, variables] of Object.entries(MODES)) {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--silent', '--typecheck.enabled=false']
  const projects = ['socket', 'http', 'url'].flatMap((p) => ['--project', p])
  const run = spawnSync(process.execPath, [...args, ...projects, '--reporter=dot'], {
    encoding: 'utf8',
    env: { ...process.env, ...variables, TEST_MODE: name },
    timeout: 300_000,
  })
  if (run.status !== 0) {
    failed++
    console.log(run.stdout, run.stderr)
  }
  const tests = /Tests\s+(.*)/.exec(run.stdout)?.[1] ?? 'no tests ran'
  console.log(`${run.status === 0 ? 'ok  ' : 'FAIL'} mode ${name}: ${tests.trim()}`)
}
process.exit(failed ? 1 : 0)
