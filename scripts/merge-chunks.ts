/**
 * Fewer files for a build: puts chunks together that nearly the same doors load.
 *
 * esbuild gives every set of doors its own chunk, so that no door loads a byte that it does not need. With a dozen doors
 * that makes twenty files of the main one, and each costs a program's start a third of a millisecond. Here two chunks
 * become one where the doors that need only one of them load little in vain.
 *
 * Rules it keeps:
 * - Code exists once: a class that two doors give is the same class.
 * - No merge makes files import in a circle: the order in which modules run stays sound.
 * - What is loaded by `import()` is loaded no earlier than before, and source maps hold.
 * - A pure door imports no more from outside than before: it loads in a browser.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** What a door may load in vain for the sake of fewer files, as a part of what it needs. */
const SLACK = 0.045

/** An import of something that is not beside it. */
const OUTSIDE = /^import (?:[^"]* from )?"(?!\.\/)([^"]+)";$/gm

/** `import { a, b as c } from "./chunk-X.js";` and `import "./chunk-X.js";`, as esbuild writes them. */
const IMPORT = /^import (?:(\{[^}]*\}) from )?"\.\/([\w-]+\.js)";$/gm

interface File {
  readonly size: number
  readonly imports: readonly string[]
  readonly outside: readonly string[]
}

/** Names of files that are one, or are to be. */
type Group = string[]

/**
 * Puts chunks of a built folder together, in place.
 *
 * @param folder of the built files, each as esbuild wrote it
 * @param doors names of its entries: `index.js`
 * @param pure those among them that load in any runtime
 */
export async function mergeChunks(
  folder: string,
  doors: readonly string[],
  pure: readonly string[],
): Promise<void> {
  const files = new Map(scriptsOf(folder).map((name) => [name, read(join(folder, name))]))
  for (const group of plan(files, doors, pure)) if (group.length > 1) await merge(folder, group)
}

/** Facts in, decision out. @returns the chunks, in groups that are to become one file each */
function plan(
  files: ReadonlyMap<string, File>,
  doors: readonly string[],
  pure: readonly string[],
): Group[] {
  const sizeOf = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + get(files, name).size, 0)
  const outsideOf = (names: Iterable<string>): ReadonlySet<string> =>
    new Set([...names].flatMap((name) => get(files, name).outside))
  const loaded = doors.map((door) => {
    const names = reachable(files, door)
    const outside = pure.includes(door) ? outsideOf(names) : undefined
    return { names, outside, room: sizeOf(names) * SLACK }
  })
  const groups = [...files.keys()].filter((name) => name.startsWith('chunk-')).map((name) => [name])
  for (;;) {
    const found = cheapest()
    if (found === undefined) return groups
    const [a, b] = found
    a.push(...b)
    groups.splice(groups.indexOf(b), 1)
  }

  function cheapest(): [Group, Group] | undefined {
    let found: [Group, Group] | undefined
    let least = Number.POSITIVE_INFINITY
    for (const [i, a] of groups.entries())
      for (const b of groups.slice(i + 1)) {
        const cost = bytesInVain(a, b)
        if (cost >= least || isCircular(a, b)) continue
        least = cost
        found = [a, b]
      }
    return found
  }

  /** What these two as one cost all doors; infinite where one of them has no room for it. */
  function bytesInVain(a: Group, b: Group): number {
    const both = [...a, ...b]
    let sum = 0
    for (const { names, outside, room } of loaded) {
      if (!both.some((name) => names.has(name))) continue
      const others = groups.filter((group) => group !== a && group !== b)
      const vain = [both, ...others]
        .filter((group) => group.some((name) => names.has(name)))
        .flatMap((group) => group.filter((name) => !names.has(name)))
      if (sizeOf(vain) > room) return Number.POSITIVE_INFINITY
      if (outside && [...outsideOf(vain)].some((name) => !outside.has(name)))
        return Number.POSITIVE_INFINITY
      sum += sizeOf(vain)
    }
    return sum
  }

  /** Whether a way leads out of the two groups and back into them. */
  function isCircular(a: Group, b: Group): boolean {
    const both = new Set([...a, ...b])
    const groupOf = new Map(groups.flatMap((group) => group.map((name) => [name, group] as const)))
    const importsOf = (name: string): readonly string[] => get(files, name).imports
    const open = [...both].flatMap(importsOf).filter((name) => !both.has(name))
    const seen = new Set<string>()
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (both.has(name)) return true
      if (seen.has(name)) continue
      seen.add(name)
      open.push(...(groupOf.get(name) ?? [name]).flatMap(importsOf))
    }
    return false
  }
}

/** Bundles a group into the first of its files, and leads everybody there. */
async function merge(folder: string, group: Group): Promise<void> {
  const [target, ...others] = group as [string, ...string[]]
  const { names, text } = exportAll(folder, group)
  const isInside = (path: string): boolean => group.includes(path.replace('./', ''))
  const only: Plugin = {
    name: 'only the group',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^/ }, ({ path }) =>
        isInside(path) ? undefined : { path, external: true, sideEffects: false },
      ),
  }
  await build({
    stdin: { contents: text, resolveDir: folder },
    outfile: join(folder, target),
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    plugins: [only],
    logLevel: 'warning',
  })
  for (const name of others) for (const end of ['', '.map']) rmSync(join(folder, name + end))
  for (const name of scriptsOf(folder)) {
    const path = join(folder, name)
    const was = readFileSync(path, 'utf8')
    const led = was.replace(IMPORT, (line, list: string | undefined, from: string) => {
      const now = names.get(from)
      if (now === undefined) return line
      if (list === undefined) return `import "./${target}";`
      // Line by line, so that source maps hold.
      const renamed = list.replace(/([\w$]+)(?: as ([\w$]+))?/g, (_, name: string, local = name) =>
        get(now, name) === local ? local : `${get(now, name)} as ${local}`,
      )
      return `import ${renamed} from "./${target}";`
    })
    if (led !== was) writeFileSync(path, led)
  }
}

/** A module that exports what a group does; where two mean different things by one name, the second gets another. */
function exportAll(folder: string, group: Group) {
  const names = new Map<string, Map<string, string>>()
  const taken = new Set<string>()
  const lines: string[] = []
  for (const file of group) {
    const own = new Map<string, string>()
    const [, list = ''] =
      /^export \{([^}]*)\};$/m.exec(readFileSync(join(folder, file), 'utf8')) ?? []
    for (const [, exported = ''] of list.matchAll(/([\w$]+)\s*(?:,|$)/g)) {
      let free = exported
      while (taken.has(free)) free += '_'
      taken.add(free)
      own.set(exported, free)
      lines.push(`export { ${exported} as ${free} } from './${file}'`)
    }
    names.set(file, own)
  }
  return { names, text: lines.join('\n') }
}

/** @returns the names of what a door loads, itself among them */
function reachable(files: ReadonlyMap<string, File>, door: string): ReadonlySet<string> {
  const seen = new Set<string>()
  const open = [door]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    open.push(...get(files, name).imports)
  }
  return seen
}

const scriptsOf = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.js'))

function read(path: string): File {
  const text = readFileSync(path, 'utf8')
  const imports = [...text.matchAll(IMPORT)].map(([, , name]) => name as string)
  const outside = [...text.matchAll(OUTSIDE)].map(([, name]) => name as string)
  return { size: text.length, imports, outside }
}

function get<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key)
  if (value === undefined) throw new Error(`the build has no ${key}`)
  return value
}
