import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

it('a hundredth of the soak test leaves nothing behind', () => {
  const flags = ['--expose-gc', '--conditions=@sluice/source', '--import', 'tsx']
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, 'scripts/soak/run.ts', '--quick', '--seed', '7'],
    { encoding: 'utf8', timeout: 60_000 },
  )
  expect(stderr).toBe('')
  const lines = stdout.trim().split('\n')
  expect(lines.map((line) => line.slice(0, 40).trimEnd())).toEqual([
    expect.stringMatching(/^ok +50 idle connections/),
    expect.stringMatching(/^ok +200 connects/),
    expect.stringMatching(/^ok +20 aborts at random bytes/),
    expect.stringMatching(/^ok +20 failed handshakes/),
    expect.stringMatching(/^ok +50 HTTP: idle connections/),
    expect.stringMatching(/^ok +10 HTTP: heads that drip/),
    expect.stringMatching(/^ok +3000 HTTP: requests/),
    expect.stringMatching(/^ok +300 HTTP: requests of a pool/),
    expect.stringMatching(/^ok +1 HTTP: stops under load/),
    expect.stringMatching(/^ok +1 kills of a download/),
    expect.stringMatching(/^ok +1 kills of a save/),
  ])
  expect(status).toBe(0)
}, 60_000)
