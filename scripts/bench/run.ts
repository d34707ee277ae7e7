/**
 * `npm run bench [-- CLAIM ...] [--quick] [--gate] [--node=26]`: measures every claim of speed that the packages
 * make, or those whose name holds one of the words, and prints the ratio to the alternative, its interval over
 * the rounds, and the goal.
 *
 *     --quick   fewer and shorter rounds, to see whether it runs
 *     --gate    exit status 1 when a ratio is below nine tenths of its goal; without it figures only inform
 *     --node=N  only on this major version (22, 24 and 26 are brought by `npm run runtimes`); default: the Node that runs
 *               this, and Node 26 where it is installed
 *
 * Absolute figures move with the machine and are printed to show where the time goes; only ratios are judged.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Claim, Row } from './claim.ts'
import { compare, hasPython, hasWrk, measure, median, type Plan, type Visit } from './harness.ts'

const installed = (major: string): string => `tools/runtimes/node_modules/node${major}/bin/node`
const FULL: Plan = { rounds: 5, seconds: 2, milliseconds: 120 }
const QUICK: Plan = { rounds: 3, seconds: 1, milliseconds: 60 }
/** A goal is missed where a tenth is missing: less is the noise of the machine. */
const TOLERANCE = 0.9

const args = process.argv.slice(2)
const flags = args.filter((a) => a.startsWith('--'))
const words = args.filter((a) => !a.startsWith('--'))
const unknown = flags.find((f) => !/^--(quick|gate|node=\d+)$/.test(f))
if (unknown !== undefined) {
  console.error(`bench: there is no ${unknown}; there are --quick, --gate and --node=N`)
  process.exit(2)
}
const plan = flags.includes('--quick') ? QUICK : FULL
const only = flags.find((f) => f.startsWith('--node='))?.slice('--node='.length)

const nodes = [process.execPath, installed(only ?? '26')]
  .filter((path) => existsSync(path))
  .map((path) => ({ path, version: versionOf(path) }))
  .filter(({ version }, i, all) => all.findIndex((other) => other.version === version) === i)
  .filter(({ version }) => only === undefined || version.startsWith(`${only}.`))
const files = readdirSync('packages')
  .map((name) => join('packages', name, 'bench'))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => words.length === 0 || words.some((word) => basename(file).includes(word)))

let missed = 0
let measured = 0
console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores; ${plan.rounds} rounds`)
if (!hasWrk) console.log('wrk is not here: HTTP load comes from Node (npm run peers installs wrk)')
if (!hasPython) console.log('python3 is not here: its rows are left out')
for (const file of files) {
  const { claim } = (await import(pathToFileURL(file).href)) as { claim?: Claim }
  if (claim === undefined) continue
  measured++
  console.log(`\n${basename(file, '.mjs')}: ${claim.what}`)
  if (claim.load !== undefined && !existsSync('/proc/self/stat'))
    console.log('  not measured: the time of a server process is read from /proc, which is Linux')
  else for (const node of nodes) await runOn(file, claim, node)
}
if (measured === 0) {
  console.error(`bench: no claim matches ${words.join(' ')}`)
  process.exit(2)
}
if (missed > 0) console.log(`\n${missed} below nine tenths of the goal`)
process.exit(missed > 0 && flags.includes('--gate') ? 1 : 0)

async function runOn(file: string, claim: Claim, node: { path: string; version: string }) {
  const visits = await measure(file, claim, node.path, plan)
  console.log(`  Node ${node.version}`)
  const major = Number(node.version.split('.')[0])
  for (const row of claim.rows) printRow(row, major, visits)
  for (const [name, list] of visits)
    if (claim.load?.kind === 'idle') console.log(`    ${memory(list, claim.unit)}  ${name}`)
    else console.log(`    ${cost(list, claim.unit)}  ${name}`)
}

function printRow(row: Row, major: number, visits: ReadonlyMap<string, Visit[]>): void {
  const ours = visits.get(row.ours)
  const theirs = visits.get(row.theirs)
  if (ours === undefined || theirs === undefined) return
  const { median: ratio, least, most } = compare(ours, theirs)
  const goal = row.goal?.[major]
  const verdict =
    goal === undefined ? '' : ratio >= goal ? 'ok' : ratio >= goal * TOLERANCE ? 'near' : 'BELOW'
  if (verdict === 'BELOW') missed++
  const figures = `${ratio.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`
  const wanted = goal === undefined ? '' : `goal ${goal.toFixed(2)}`
  const line = `    ${figures.padEnd(20)} ${wanted.padEnd(10)} ${verdict.padEnd(5)} ${row.ours} : ${row.theirs}`
  console.log(verdict === 'BELOW' && process.stdout.isTTY ? `\x1b[1m${line}\x1b[22m` : line)
}

/** CPU time of one unit: shows whether the kernel or the program is what costs. */
function cost(list: readonly Visit[], unit: string): string {
  const user = median(list.map((v) => v.user / v.count))
  const system = median(list.map((v) => v.system / v.count))
  const [factor, name] = user + system < 1 ? [1000, 'ns'] : [1, 'us']
  const show = (value: number): string => (value * factor).toFixed(value * factor < 100 ? 1 : 0)
  return `${show(user)} user + ${show(system)} system ${name} a ${unit}`.padEnd(48)
}

function memory(list: readonly Visit[], unit: string): string {
  return `${median(list.map((v) => v.user / v.count)).toFixed(0)} bytes a ${unit}`.padEnd(48)
}

function versionOf(path: string): string {
  return spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim()
}
