// Two budgets of a user: the bytes that a door adds to a bundle (minified and gzipped, lower packages kept
// outside), and the milliseconds until it is loaded. Limits stand in each package.json under `budgets`;
// every door has to have one. Build first.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** A main door loads in this many milliseconds beyond an empty program, median of five. */
const LOAD = 15

let over = 0
for (const name of readdirSync('packages')) {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  if (manifest.private) continue
  for (const [door, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    const bundle = await build({
      entryPoints: [`packages/${name}/${target.default}`],
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      write: false,
      packages: 'external',
      treeShaking: true,
      logLevel: 'error',
    })
    const size = gzipSync(bundle.outputFiles[0].contents).length
    const limit = manifest.budgets?.[door]
    const fits = limit !== undefined && size <= limit
    if (!fits) over++
    console.log(
      `${fits ? 'ok  ' : 'OVER'} ${manifest.name}${door.slice(1)}: ${size} of ${limit ?? 'no'} bytes`,
    )
  }
  const time = loadTime(`./packages/${name}/dist/index.js`)
  if (time > LOAD) over++
  console.log(
    `${time > LOAD ? 'OVER' : 'ok  '} ${manifest.name}: loads in ${time.toFixed(1)} of ${LOAD} ms`,
  )
}
process.exit(over ? 1 : 0)

/**
 * Milliseconds that the import takes in a fresh process, without what Node's own network modules need
 * (a program that asks for a socket pays for those whoever asks). Median of seven.
 */
function loadTime(file) {
  const program = `
    await Promise.all(['net','dgram','dns','stream','diagnostics_channel','fs','zlib'].map((m) => import('node:' + m)))
    const t = performance.now(); await import(${JSON.stringify(file)}); console.log(performance.now() - t)`
  const times = Array.from({ length: 7 }, () => {
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    })
    return Number(run.stdout)
  })
  return times.sort((a, b) => a - b)[3]
}
