/**
 * One file for what the main door takes from the layer below.
 *
 * Where a package is that a file names is found out for each file that names it, through the package's manifest, and each time
 * costs a program's start a fifth of a millisecond. Here the files of the main door name one beside them, and that one names the
 * doors.
 *
 * Rules it keeps:
 * - What a small door loads stays as it is: it is not to load the names that the others need.
 * - Line by line, so that source maps hold.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The file that is made. */
const BELOW = 'below.js'

/** `import { a, b as c } from "@sluice/socket/bytes";`, as esbuild writes it. */
const IMPORT = /^import (\{[^}]*\}) from "([^"]+)";$/gm

/** `import "./chunk-X.js";`, with names or without. */
const BESIDE = /^(?:import|export) (?:\{[^}]*\} from )?"\.\/([\w-]+\.js)";$/gm

/**
 * Leads the imports of some doors through one file, in place.
 *
 * @param folder of the built files
 * @param below doors of the layer below: `@sluice/socket/bytes`
 * @param small doors of this layer whose files are left alone: `headers.js`
 */
export function gatherBelow(
  folder: string,
  below: readonly string[],
  small: readonly string[],
): void {
  const taken = new Map(below.map((door) => [door, new Set<string>()]))
  const left = new Set(small.flatMap((door) => [...reachable(folder, door)]))
  for (const name of [...reachable(folder, 'index.js')].filter((file) => !left.has(file))) {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const led = text.replace(IMPORT, (line, list: string, from: string) => {
      const names = taken.get(from)
      if (names === undefined) return line
      for (const [, original = ''] of list.matchAll(/([\w$]+)(?: as [\w$]+)?/g)) names.add(original)
      return `import ${list} from "./${BELOW}";`
    })
    if (led !== text) writeFileSync(path, led)
  }
  const lines = [...taken].map(
    ([door, names]) => `export { ${[...names].join(', ')} } from "${door}";`,
  )
  writeFileSync(join(folder, BELOW), `${lines.join('\n')}\n`)
}

/** The files that are loaded with one, itself among them. */
function reachable(folder: string, start: string): Set<string> {
  const seen = new Set<string>()
  const open = [start]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const text = readFileSync(join(folder, name), 'utf8')
    for (const [, next = ''] of text.matchAll(BESIDE)) open.push(next)
  }
  return seen
}
