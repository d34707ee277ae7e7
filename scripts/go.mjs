#!/usr/bin/env node
// Sets the workspace up, then runs one job: `node scripts/go.mjs JOB [ARGS]`, which is what every
// `npm run NAME` does. Node built-ins only, since it has to work before anything is installed.
//
// Rules: what takes long is announced in one line; what was done once is not done again; a second
// run needs no network; the job's exit status is ours.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tool = join(root, 'tools', 'pnpm')
const windows = process.platform === 'win32'

/** Runs a TypeScript program of the workspace from its sources, without a build. */
const source = (file) => ['node', '--conditions=@sluice/source', '--import', 'tsx', file]

const build = ['turbo', 'run', 'build', '--output-logs=errors-only']

/**
 * Each job is a list of commands, run in turn until one fails; the user's arguments go to the last.
 * `keys: true` hands the terminal to the job, so that Ctrl-C is the job's to answer.
 */
const JOBS = {
  start: { run: [source('packages/examples/tour/main.ts')], keys: true },
  lesson: { run: [source('packages/examples/lessons/run.ts')], keys: true },
  app: { run: [source('packages/examples/apps/run.ts')], keys: true },
  example: { run: [source('packages/examples/run.ts')], keys: true },
  test: { run: [['node', 'scripts/test.mjs', '--whole']] },
  ci: { run: [['node', 'scripts/ci.mjs']] },
  build: { run: [build] },
  typecheck: {
    run: [['turbo', 'run', 'typecheck', 'typecheck:scripts', '--output-logs=errors-only']],
  },
  unit: { run: [['node', 'scripts/test.mjs']] },
  lint: { run: [['node', 'scripts/lint.mjs']] },
  layers: { run: [['node', 'scripts/layers.mjs']] },
  doors: {
    run: [
      ['node', 'scripts/doors.mjs'],
      ['biome', 'check', '--write', 'packages'],
    ],
  },
  conformance: { run: [source('scripts/conformance/run.ts')] },
  verdicts: { run: [source('scripts/verdicts.ts')] },
  cpython: {
    run: [build, ['node', 'scripts/cpython.mjs']],
  },
  modes: { run: [['node', 'scripts/modes.mjs']] },
  runtimes: { run: [['node', 'scripts/runtimes.mjs']] },
  windows: { run: [build, ['node', 'scripts/windows.mjs']] },
  states: { run: [source('scripts/states.ts')] },
  docs: { run: [build, source('scripts/docs.ts')] },
  api: { run: [build, ['node', 'scripts/api.mjs']] },
  size: { run: [build, ['node', 'scripts/size.mjs']] },
  pack: { run: [build, ['node', 'scripts/pack-check.mjs']] },
  knip: { run: [['knip']] },
  bench: { run: [build, source('scripts/bench/run.ts')] },
  soak: { run: [['node', '--expose-gc', ...source('scripts/soak/run.ts').slice(1)]] },
  fuzz: { run: [source('scripts/fuzz.ts')] },
  peers: { run: [['node', 'scripts/peers.mjs']] },
  format: { run: [['biome', 'check', '--write', '.']] },
  changeset: { run: [['changeset']], keys: true },
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Sluice needs Node 20.19 or newer; this is ${process.version}.`)
  process.exit(1)
}
const [name, ...args] = process.argv.slice(2)
const job = JOBS[name]
if (!job) {
  console.error(
    `There is no job ${JSON.stringify(name ?? '')}. Jobs: ${Object.keys(JOBS).join(', ')}.`,
  )
  process.exit(2)
}

if (name === 'start' && !existsSync(join(root, 'node_modules', '.go-stamp'))) printMap()
bringPnpm()
const env = {
  ...clean(process.env),
  PATH: [
    join(root, 'node_modules', '.bin'),
    join(tool, 'node_modules', '.bin'),
    process.env.PATH,
  ].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
}
install()
for (const [index, command] of job.run.entries()) {
  const last = index === job.run.length - 1
  const status = await run(
    last ? [...command, ...args.filter((a, i) => !(i === 0 && a === '--'))] : command,
  )
  if (status !== 0) process.exit(status)
}

/** pnpm in the exact version of tools/pnpm/package.json, kept inside the repository; none for who runs us by one. */
function bringPnpm() {
  const [, major] = /^pnpm\/(\d+)/.exec(process.env.npm_config_user_agent ?? '') ?? []
  if (Number(major) >= 10) return
  const want = json(tool, 'package.json').dependencies.pnpm
  const at = join(tool, 'node_modules', 'pnpm', 'package.json')
  if (existsSync(at) && json(at).version === want) return
  console.error(`Getting pnpm ${want} (once, a few seconds) ...`)
  must(
    'npm',
    [
      'install',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      '--loglevel=error',
    ],
    {
      cwd: tool,
      env: clean(process.env),
    },
  )
}

/** Dependencies from the frozen lockfile; skipped, also offline, while nothing that decides them changed. */
function install() {
  const packages = readdirSync(join(root, 'packages')).map((p) =>
    join('packages', p, 'package.json'),
  )
  const hash = createHash('sha256').update(process.version)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...packages])
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)))
  const stamp = join(root, 'node_modules', '.go-stamp')
  const now = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  if (!existsSync(stamp)) {
    console.error('Installing the workspace (once, about 15 s) ...')
  }
  must(
    'pnpm',
    [
      'install',
      '--frozen-lockfile',
      '--prefer-offline',
      '--reporter=append-only',
      '--loglevel=warn',
    ],
    { env },
  )
  writeFileSync(stamp, now)
}

/** The tour's first act needs nothing installed, so a newcomer has something to read while we install. */
function printMap() {
  const map = readFileSync(join(root, 'packages', 'examples', 'tour', 'map.txt'), 'utf8')
  console.log(`1. The map\n${map}`)
  process.env.SLUICE_MAP_SHOWN = '1'
}

/** Runs one command with our terminal; resolves to its exit status. */
function run([command, ...rest]) {
  const executable = command === 'node' ? process.execPath : command
  const child = spawn(executable, rest, {
    cwd: root,
    stdio: 'inherit',
    env,
    shell: windows && command !== 'node',
  })
  // The terminal sends Ctrl-C to the whole group: the job answers it, we only wait and pass its status on.
  const passOn = (signal) => () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((s) => [s, passOn(s)])
  for (const [s, handler] of handlers) process.on(s, handler)
  return new Promise((resolve) => {
    const finish = (status) => {
      for (const [s, handler] of handlers) process.off(s, handler)
      resolve(status)
    }
    child.on('error', (error) => {
      console.error(`run ${command}: ${error.message}`)
      finish(1)
    })
    child.on('exit', (code, signal) => finish(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}

function must(command, rest, options) {
  const result = spawnSync(command, rest, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: windows,
    ...options,
  })
  if (result.error) throw result.error
  if (result.status !== 0) process.exit(result.status ?? 1)
}

function json(...path) {
  return JSON.parse(readFileSync(join(...path), 'utf8'))
}

/** npm and pnpm hand their settings down as variables; a nested run must not take them over. */
function clean(variables) {
  const kept = /^npm_(?!config_(cache|registry|userconfig|globalconfig|cafile|.*proxy)$)/i
  return Object.fromEntries(Object.entries(variables).filter(([key]) => !kept.test(key)))
}
