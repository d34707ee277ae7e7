// Format, lint and layers in one go: everything about the text of the sources that a machine can judge.
import { spawnSync } from 'node:child_process'

const biome = ['node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '.']
for (const args of [biome, ['scripts/layers.mjs'], ['scripts/doors.mjs', '--check']]) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
