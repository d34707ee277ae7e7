// What a user of the registry gets: packs every public package, has publint and are-the-types-wrong look at
// the tarballs, installs all three in an empty folder and uses them there from the Node that runs this, from Node
// 24 and 26, Bun and Deno; then compiles a consumer with several TypeScripts, with and without the DOM library.
// Build first.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PURE_DOORS } from './layers.mjs'
import { runAnywhere } from './pack-check/anywhere.mjs'
import { bringRuntimes, RUNTIMES } from './runtimes.mjs'

const folder = mkdtempSync(join(tmpdir(), 'sluice-pack-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
let failed = 0
const result = (ok, what, detail = '') => {
  if (!ok) failed++
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${ok ? '' : `\n${detail}`}`)
}
const run = (command, args, cwd = '.') =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
const attempt = (command, args, cwd = '.') => {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 })
  return {
    ok: done.status === 0,
    text: `${done.stdout ?? ''}${done.stderr ?? ''}${done.error ?? ''}`,
  }
}

const tarballs = {}
for (const name of readdirSync('packages')) {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  if (manifest.private) continue
  run('pnpm', ['pack', '--pack-destination', folder], `packages/${name}`)
  const tarball = join(folder, `sluice-${name}-${manifest.version}.tgz`)
  tarballs[manifest.name] = `file:${tarball}`
  const contents = run('tar', ['-tzf', tarball])
  result(
    !/\.test\.|node_modules|\.tsbuildinfo/.test(contents),
    `${manifest.name}: no tests in the tarball`,
    contents,
  )
  const lint = attempt('publint', ['run', tarball, '--strict'])
  result(lint.ok, `${manifest.name}: publint`, lint.text)
  const types = attempt('attw', [
    tarball,
    '--profile',
    'esm-only',
    '--format',
    'ascii',
    '--no-emoji',
  ])
  result(types.ok, `${manifest.name}: are the types wrong`, types.text)
}

// An empty folder. Overrides, since the tarballs ask for each other by a version that may not be published.
const app = join(folder, 'app')
mkdirSync(app)
const manifest = { private: true, type: 'module', dependencies: tarballs, overrides: tarballs }
writeFileSync(join(app, 'package.json'), JSON.stringify(manifest))
const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
run('npm', ['install', '--offline', ...quiet], app)
writeFileSync(join(app, 'smoke.mjs'), readFileSync('scripts/pack-check/smoke.mjs'))
bringRuntimes()
const runners = {
  // Whichever runs us, called by what it is: in CI it is Node 20, the oldest that is promised.
  [`node${process.versions.node.split('.')[0]} (this one, ${process.version})`]: [process.execPath],
  node24: RUNTIMES.node24,
  node26: RUNTIMES.node26,
  bun: RUNTIMES.bun,
  deno: RUNTIMES.deno,
}
for (const [name, [command, ...args]] of Object.entries(runners)) {
  const done = attempt(command, [...args, 'smoke.mjs'], app)
  result(
    done.ok && /smoke ok/.test(done.text),
    `${name}: three packages from tarballs exchange bytes`,
    done.text,
  )
}

const pure = Object.entries(PURE_DOORS).flatMap(([name, doors]) =>
  doors.map((door) => `@sluice/${name}/${door}`),
)
const elsewhere = await runAnywhere(app, pure)
result(
  elsewhere.length === 0,
  `${pure.length} pure doors run where there is no Node`,
  elsewhere.join('\n'),
)

writeFileSync(join(app, 'names.mjs'), readFileSync('scripts/pack-check/names.mjs'))
const names = attempt(process.execPath, ['names.mjs'], app)
result(names.ok, 'classes have their names', names.text)

writeFileSync(join(app, 'commands.mjs'), readFileSync('scripts/pack-check/commands.mjs'))
const commands = attempt(process.execPath, ['commands.mjs'], app)
result(commands.ok && /commands ok/.test(commands.text), 'the commands', commands.text)

// A consumer compiles: skipLibCheck off, so that our declarations themselves are checked.
writeFileSync(join(app, 'consumer.ts'), readFileSync('scripts/pack-check/consumer.ts'))
const types = JSON.parse(readFileSync('package.json', 'utf8')).devDependencies['@types/node']
const compilers = existsSync(resolve('tools/typescript/package.json'))
  ? resolve('tools/typescript')
  : undefined
if (compilers) run('npm', ['install', ...quiet], compilers)
run('npm', ['install', '--prefer-offline', '--no-save', ...quiet, `@types/node@${types}`], app)
const versions = compilers
  ? Object.keys(JSON.parse(readFileSync(join(compilers, 'package.json'), 'utf8')).dependencies)
  : []
for (const version of versions)
  for (const lib of ['es2023,esnext.disposable', 'es2023,esnext.disposable,dom,dom.iterable']) {
    const options = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      'false',
    ]
    const compiler = join(compilers, 'node_modules', version, 'bin', 'tsc')
    const done = attempt(
      process.execPath,
      [compiler, ...options, '--types', 'node', '--lib', lib, 'consumer.ts'],
      app,
    )
    result(
      done.ok,
      `${version} ${lib.includes('dom') ? 'with' : 'without'} DOM: a consumer compiles`,
      done.text,
    )
  }
process.exit(failed ? 1 : 0)
