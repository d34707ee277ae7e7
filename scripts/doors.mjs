// The doors of a package are the files directly in its `src` (bin.ts apart). This writes `exports` and
// `publishConfig.exports` of every package.json from that list, so that a door cannot be forgotten in
// one of the three places that name it. `--check` only compares, and fails when something differs.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const check = process.argv.includes('--check')
let stale = 0
for (const name of readdirSync('packages')) {
  const file = `packages/${name}/package.json`
  const text = readFileSync(file, 'utf8')
  const manifest = JSON.parse(text)
  if (manifest.private) continue
  const doors = readdirSync(`packages/${name}/src`)
    .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts') && f !== 'bin.ts')
    .map((f) => f.slice(0, -3))
    .sort((a, b) => Number(b === 'index') - Number(a === 'index') || a.localeCompare(b))
  const built = (door) => ({ types: `./dist/${door}.d.ts`, default: `./dist/${door}.js` })
  const key = (door) => (door === 'index' ? '.' : `./${door}`)
  const list = (entry) => ({
    ...Object.fromEntries(doors.map((door) => [key(door), entry(door)])),
    './package.json': './package.json',
  })
  manifest.exports = list((door) => ({ '@sluice/source': `./src/${door}.ts`, ...built(door) }))
  manifest.publishConfig.exports = list(built)
  const wanted = `${JSON.stringify(manifest, null, 2)}\n`
  // Biome owns the layout of the file; what is compared is its content.
  if (JSON.stringify(JSON.parse(text)) === JSON.stringify(manifest)) continue
  stale++
  if (check) console.error(`${file}: exports do not match the doors in src; run: npm run doors`)
  else writeFileSync(file, wanted)
}
process.exit(check && stale ? 1 : 0)
