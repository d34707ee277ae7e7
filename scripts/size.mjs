// Two budgets of a user: the bytes that a door loads (minified and gzipped, lower packages kept outside; what it loads
// later, when it is asked for, is told beside it), and the milliseconds that a layer adds until its main door is loaded. Limits of size stand in each
// package.json under `budgets`; every door has to have one. Build first.
//
// The time that is budgeted is a package's own share. What somebody waits who imports one in a fresh process, with
// the layers below and Node's own modules, is printed beside it, and has no budget: half of it is not ours.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/**
 * What a layer may add to the time until its main door is loaded, in milliseconds. A machine that takes longer than 45 ms to
 * start Node with nothing to do gets as many times more.
 */
const LOAD = 15
const ORDINARY_START = 45

let over = 0
for (const name of readdirSync('packages')) {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  if (manifest.private) continue
  for (const [door, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    const { first, later } = await sizeOf(`packages/${name}/${target.default}`)
    const limit = manifest.budgets?.[door]
    const fits = limit !== undefined && first <= limit
    if (!fits) over++
    console.log(
      `${fits ? 'ok  ' : 'OVER'} ${manifest.name}${door.slice(1)}: ${first} of ${limit ?? 'no'} bytes${later > 0 ? `, and ${later} when they are asked for` : ''}`,
    )
  }
}
// Whatever else a machine does only makes it slower, so that the best of all runs is what is judged. When a figure is over, both
// are measured again before it is believed: the start that the limit hangs on, and the loading.
let started = startTime()
const times = loadTimes(['socket', 'http', 'url'])
const limit = () => LOAD * Math.max(1, started / ORDINARY_START)
const isOver = ({ own }) => own > limit()
for (let i = 0; i < 4 && Object.values(times).some(isOver); i++) {
  started = Math.min(started, startTime())
  const again = loadTimes(['socket', 'http', 'url'])
  for (const name in times)
    for (const key in times[name]) times[name][key] = Math.min(times[name][key], again[name][key])
}
for (const [name, time] of Object.entries(times)) {
  const { own, total } = time
  if (isOver(time)) over++
  const share = `${own.toFixed(1)} of ${limit().toFixed(1)} ms for its own share`
  const rest = `${total.toFixed(1)} ms with the layers below, ${coldTime(name).toFixed(1)} ms with Node's own modules too`
  console.log(
    `${isOver(time) ? 'OVER' : 'ok  '} @sluice/${name}: loads in ${share}; not budgeted: ${rest}`,
  )
}
console.log(
  `     (this machine starts Node in ${started.toFixed(0)} ms; ${LOAD} ms where that is ${ORDINARY_START} or less)`,
)
process.exit(over ? 1 : 0)

/** Milliseconds until a process with nothing to do has come and gone. */
function startTime() {
  const runs = Array.from({ length: 7 }, () => {
    const began = performance.now()
    spawnSync(process.execPath, ['-e', '0'])
    return performance.now() - began
  })
  return Math.min(...runs)
}

/** Gzipped bytes of a door: what is loaded with it, and what it loads later, by `import()`. */
async function sizeOf(entry) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    outdir: 'out',
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    write: false,
    packages: 'external',
    treeShaking: true,
    logLevel: 'error',
  })
  const contents = new Map(outputFiles.map((file) => [relative('.', file.path), file.contents]))
  const outputs = Object.keys(metafile.outputs)
  const start = outputs.find(
    (path) => relative('.', metafile.outputs[path].entryPoint ?? '') === relative('.', entry),
  )
  const loaded = new Set()
  const visit = (path) => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const { path: next, kind } of metafile.outputs[path].imports)
      if (kind === 'import-statement' && metafile.outputs[next]) visit(next)
  }
  visit(start)
  const zipped = (paths) => gzipSync(Buffer.concat(paths.map((path) => contents.get(path)))).length
  const rest = outputs.filter((path) => !loaded.has(path))
  return { first: zipped([...loaded]), later: rest.length === 0 ? 0 : zipped(rest) }
}

/**
 * Milliseconds that each main door takes to load in a fresh process after those below it, without what Node's own
 * modules need (a program that asks for a socket pays for those whoever asks).
 */
function loadTimes(names) {
  const program = `
    const builtins = ['net', 'dgram', 'dns', 'stream', 'diagnostics_channel', 'fs', 'fs/promises', 'zlib']
    await Promise.all(builtins.map((m) => import('node:' + m)))
    let t = performance.now()
    for (const name of ${JSON.stringify(names)}) {
      await import('./packages/' + name + '/dist/index.js')
      const now = performance.now()
      console.log(now - t)
      t = now
    }`
  const runs = timesOf(program)
  let total = 0
  return Object.fromEntries(
    names.map((name, i) => {
      const own = Math.min(...runs.map((times) => times[i]))
      total += own
      return [name, { own, total }]
    }),
  )
}

/** Milliseconds of an import in a process that has loaded nothing yet. */
function coldTime(name) {
  const program = `
    const t = performance.now()
    await import('./packages/${name}/dist/index.js')
    console.log(performance.now() - t)`
  return Math.min(...timesOf(program).flat())
}

/** The numbers that a program prints, in each of seven processes. */
function timesOf(program) {
  return Array.from({ length: 7 }, () => {
    const args = ['--input-type=module', '-e', program]
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    return stdout.trim().split('\n').map(Number)
  })
}
