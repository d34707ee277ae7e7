import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

// Tests run on the sources, through the condition that each package's `exports` offers for it.
const conditions = ['@sluice/source', 'module', 'node', 'development|production']
// Set by scripts/runtimes.mjs when the suite runs inside another runtime.
const runtime = process.env['TEST_RUNTIME']
// Set by scripts/modes.mjs when the suite runs over another way to read: what opens no connection is the same in it.
const mode = process.env['TEST_MODE']
// Strangers are talked to once, and programs are started once: on the Node that develops.
const ONCE = ['test/interop/**', 'test/command.test.ts', 'test/kills.test.ts']
const STILL = ['src/**', 'test/*names.test.ts']

const project = (
  name: string,
  root: string,
  { alone = false, setupFiles = [] as string[] } = {},
) => ({
  extends: true as const,
  test: {
    name,
    root,
    setupFiles,
    // Files share their worker's modules: starting afresh for each of them took half of the time.
    isolate: false,
    maxWorkers: alone ? 1 : '100%',
    sequence: { groupOrder: alone ? 1 : 0 },
    include: ['*.test.{mjs,ts}', '{src,apps}/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [...(runtime || mode ? ONCE : []), ...(mode ? STILL : [])],
  },
})

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@sluice/source', 'node', 'module-sync'] } },
  test: {
    projects: [
      project('socket', 'packages/socket'),
      project('http', 'packages/http'),
      project('url', 'packages/url', {
        setupFiles: [resolve('packages/url/test/setup.ts')],
      }),
      // The seed's programs own port 8080 while they run.
      project('examples', 'packages/examples', { alone: true }),
      project('workspace', 'scripts'),
    ],
    environment: 'node',
    testTimeout: 30_000,
    slowTestThreshold: 250,
    typecheck: { enabled: !runtime, include: ['test/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
    reporters: [
      runtime ? 'dot' : 'default',
      ['json', { outputFile: `.reports/${runtime ?? 'vitest'}.json` }],
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/bin.ts', '**/*.test.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: '.reports/coverage',
    },
  },
})
