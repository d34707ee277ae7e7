import { defineConfig } from 'vitest/config'

// Tests run on the sources, through the condition that each package's `exports` offers for it.
const conditions = ['@sluice/source', 'module', 'node', 'development|production']
// Set by scripts/runtimes.mjs when the suite runs inside another runtime.
const runtime = process.env['TEST_RUNTIME']

const project = (name: string, root: string, fileParallelism = true) => ({
  extends: true as const,
  test: {
    name,
    root,
    fileParallelism,
    include: ['*.test.mjs', 'src/**/*.test.ts', 'test/**/*.test.ts'],
    // Strangers are talked to once, and programs are started once: on the Node that develops.
    exclude: runtime ? ['test/interop/**', 'test/command.test.ts'] : [],
  },
})

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@sluice/source', 'node', 'module-sync'] } },
  test: {
    projects: [
      project('socket', 'packages/socket'),
      project('http', 'packages/http'),
      project('url', 'packages/url'),
      // The seed's programs own port 8080 while they run.
      project('examples', 'packages/examples', false),
      project('workspace', 'scripts'),
    ],
    environment: 'node',
    testTimeout: 10_000,
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
