// One build for every library package: an entry per door, taken from the package's own `exports`,
// split so that each class exists once however many doors lead to it.
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { defineConfig } from 'tsup'
import { restoreClassNames } from './scripts/class-names.ts'
import { gatherBelow } from './scripts/gather-below.ts'
import { PURE_DOORS } from './scripts/layers.mjs'
import { mergeChunks } from './scripts/merge-chunks.ts'

interface Manifest {
  name: string
  exports: Record<string, string | Record<string, string>>
  bin?: Record<string, string>
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
const doors = Object.values(manifest.exports)
  .map((target) => (typeof target === 'string' ? undefined : target['@sluice/source']))
  .filter((source) => source !== undefined)
/** What the main door of http takes from pure doors below; url takes from too many for it to gain. */
const GATHERED: Record<string, readonly string[]> = {
  '@sluice/http': [
    '@sluice/socket',
    '@sluice/socket/bytes',
    '@sluice/socket/errors',
    '@sluice/socket/trace',
  ],
}
/** Doors that load in any runtime, so that nothing of what is put together may be loaded with them. */
const pure = PURE_DOORS[manifest.name.replace('@sluice/', '') as keyof typeof PURE_DOORS].map(
  (door) => `${door}.js`,
)
const bin = existsSync('src/bin.ts') ? ['src/bin.ts'] : []

export const library = defineConfig({
  entry: [...doors, ...bin],
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  dts: { entry: doors },
  tsconfig: 'tsconfig.build.json',
  removeNodeProtocol: false,
  sourcemap: true,
  splitting: true,
  clean: true,
  async onSuccess() {
    const entries = [...doors, ...bin].map((source) => basename(source).replace('.ts', '.js'))
    await mergeChunks('dist', entries, pure)
    const gathered = GATHERED[manifest.name]
    if (gathered !== undefined) gatherBelow('dist', gathered, pure)
    restoreClassNames('dist')
  },
})
