import { spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

test('what the type check compiles is what its cache looks at', () => {
  const turbo = join(root, 'node_modules', '.bin', 'turbo')
  const run = spawnSync(turbo, ['run', 'typecheck', 'typecheck:scripts', '--dry=json'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  const { tasks } = JSON.parse(run.stdout.slice(run.stdout.indexOf('{')))
  const seen = new Set()
  for (const { directory, inputs } of tasks)
    for (const path of Object.keys(inputs)) seen.add(join(root, directory, path))
  const compiled = tasks
    .map(({ directory }) => (directory === '' ? 'scripts' : directory))
    .flatMap((directory) => filesOf(join(root, directory)))
  expect(compiled.length).toBeGreaterThan(600)
  expect(compiled.filter((file) => !seen.has(file)).map((file) => relative(root, file))).toEqual([])
})

function filesOf(folder) {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(folder, 'tsconfig.json'),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  )
  return config.fileNames.map((file) => join(file)).filter((file) => !file.includes('.snippets'))
}
