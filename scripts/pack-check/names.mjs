// Every class that a door gives has the name under which it is given: that is what a console and a stack show.
import { readFileSync } from 'node:fs'

const wrong = []
for (const name of ['socket', 'http', 'url']) {
  const manifest = JSON.parse(readFileSync(`node_modules/@sluice/${name}/package.json`, 'utf8'))
  for (const door of Object.keys(manifest.exports)) {
    if (door === './package.json') continue
    const path = `@sluice/${name}${door.slice(1)}`
    look(await import(path), path, 2)
  }
}
console.log(wrong.join('\n'))
process.exit(wrong.length > 0 ? 1 : 0)

/** Python's doors are namespaces of namespaces. */
function look(names, path, depth) {
  for (const [name, value] of Object.entries(names)) {
    if (typeof value === 'function' && value.name === `_${name}`)
      wrong.push(`${path}: ${name} calls itself ${value.name}`)
    const isNamespace = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isNamespace && depth > 0) look(value, `${path} ${name}`, depth - 1)
  }
}
