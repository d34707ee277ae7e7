// Runs CPython's own tests against the Python doors, after a build: `npm run cpython [-- NAME... OPTIONS]`, all modules or
// those that are named (`test_netrc`, or `netrc`). From the first option on the harness gets what stands there.
//
// The harness and the tests are no part of the project: they lie in ../shared/cpython and in an installed
// CPython 3.11. Where one of them is missing, one line says which, and that is all (`npm run ci` counts the check
// as skipped); with REQUIRE_PEERS set, as in CI, it is a failure. A module that passes fewer tests than it did
// when this table was written fails too.
import { spawnSync } from 'node:child_process'
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
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { notRun } from './check.mjs'

/** How many tests of each module pass at least. A change that raises a number writes it down here. */
const AT_LEAST = {
  test_urlparse: 45,
  test_http_cookies: 25,
  test_httplib: 103,
  test_httpservers: 55,
  test_ftplib: 92,
  test_netrc: 22,
  test_robotparser: 60,
  test_http_cookiejar: 77,
  test_urllib: 73,
  test_urllib2: 66,
  test_urllib2_localnet: 23,
  test_urllib_response: 3,
  test_socketserver: 14,
  test_socket: 300,
}

/**
 * Modules that only some of their tests are run of, by pattern. In test_socket the classes for ancillary data
 * (RFC 3542) are left out, 36 tests that fail each after ten seconds: no runtime has such data. See
 * packages/socket/docs/python.md.
 */
const ONLY = {
  test_socket: ['[!R]*', 'RecvmsgTCP*', 'RecvmsgU*', 'RecvmsgInto[TU]*'],
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const original = join(root, '..', 'shared', 'cpython')
const report = join(root, '.reports', 'cpython.json')

const [names, options] = read(process.argv.slice(2))
const missing = whatIsMissing()
if (missing) {
  const needed = Boolean(process.env.REQUIRE_PEERS)
  if (needed) console.log(`cpython: FAILED: ${missing}`)
  else notRun('cpython', missing)
  process.exit(needed ? 1 : 0)
}

mkdirSync(dirname(report), { recursive: true })
const harness = mendedCopy()
const some = Object.keys(ONLY).filter((name) => names.includes(name))
const whole = names.filter((name) => !some.includes(name))
const passed = new Map([
  ...(whole.length > 0 ? passedIn(whole, []) : []),
  ...some.flatMap((name) => passedIn([name], ['--test', ...ONLY[name]])),
])
let failed = false
for (const name of names) {
  const wanted = AT_LEAST[name]
  const enough = passed.get(name) >= wanted
  if (!enough) failed = true
  console.log(
    `${name}: ${passed.get(name)} passed, at least ${wanted} must${enough ? '' : ': FAILED'}`,
  )
}
process.exit(failed ? 1 : 0)

/** @returns the modules to run, and what is for the harness */
function read(args) {
  const first = args.findIndex((arg) => arg.startsWith('-'))
  const end = first === -1 ? args.length : first
  const known = Object.keys(AT_LEAST)
  const named = new Set()
  for (const arg of args.slice(0, end)) {
    const name = known.find((one) => one === arg || one === `test_${arg}`)
    if (name === undefined) {
      console.error(`cpython: there is no module '${arg}'; there are ${known.join(', ')}`)
      process.exit(2)
    }
    named.add(name)
  }
  return [named.size > 0 ? [...named] : known, args.slice(end)]
}

/** @returns what this machine lacks, in words, or undefined */
function whatIsMissing() {
  if (!existsSync(join(original, 'run.py')))
    return 'the harness ../shared/cpython/run.py is not there'
  const probe = spawnSync('python3', [
    '-c',
    'import test.test_urlparse, sys; print(sys.version_info[:2])',
  ])
  if (probe.error) return 'python3 is not installed'
  if (probe.status !== 0) return "CPython's package `test` is not installed"
  const version = String(probe.stdout).trim()
  return version === '(3, 11)' ? undefined : `python3 is ${version}, not (3, 11)`
}

/**
 * The harness, with one comparison mended (decision 0010): where a proxy ends, it asks `other in (None, self)`, which
 * is a call to JavaScript; now and then that is the thread that reads the answers, and then nobody answers anybody.
 *
 * @returns the folder of a copy, gone when this process ends
 */
function mendedCopy() {
  const folder = mkdtempSync(join(tmpdir(), 'cpython-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const name of readdirSync(original)) {
    const text = readFileSync(join(original, name), 'utf8')
    const mended = text.replace('ref() in (None, self)', '(ref() is None or ref() is self)')
    writeFileSync(join(folder, name), mended)
  }
  return folder
}

/** @returns pairs of module and how many of its tests passed: 0 where there is no report */
function passedIn(modules, only) {
  rmSync(report, { force: true })
  const flags = modules.flatMap((name) => ['--module', name])
  const given = [...only, ...options]
  const run = spawnSync(
    'python3',
    [join(harness, 'run.py'), '--project', root, ...flags, '--json', report, ...given],
    { stdio: 'inherit' },
  )
  if (run.error) throw run.error
  return modules.map((name) => [name, countOf(name)])
}

function countOf(name) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).modules[name].counts.passed
  } catch {
    return 0
  }
}
