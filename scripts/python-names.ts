// Holds the page `docs/python.md` of a package, its Python door, and the list of what Python has against one another.
// The list is `test/fixtures/python-names.json`: a constant with its value, any other name with what it is.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const KINDS = ['class', 'enum', 'exception', 'function', 'constant', 'module', 'data']
/** The list that the lists were taken from, where it lies beside the checkout. */
const beside = new URL('../../shared/python-api.json', import.meta.url)

type Names = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What there is to be held against one another. */
interface Door {
  /** The package's folder. */
  readonly root: URL
  /** Namespaces of the door by the name of Python's module. */
  readonly modules: readonly (readonly [module: string, namespace: object])[]
  /** What the page may say of a name. */
  readonly states: RegExp
  /** Constants that tell of the runtime, so that their values are its own. */
  readonly ownConstants?: RegExp
  /** Names of constants that may be missing; default none. */
  readonly absentConstants?: RegExp
}

/** Declares the tests. */
export function testPythonNames(door: Door): void {
  const { root, modules, states, ownConstants, absentConstants } = door
  const page = readFileSync(new URL('docs/python.md', root), 'utf8')
  const list = new URL('test/fixtures/python-names.json', root)
  const names = JSON.parse(readFileSync(list, 'utf8')).modules as Names
  const counts: string[] = []

  describe.each(modules)('the table of %s', (module, exported) => {
    const namespace = exported as Readonly<Record<string, unknown>>
    const table = tableOf(page, module)
    const known = names[module] ?? {}
    const of = (state: RegExp): string[] =>
      [...table].filter(([, said]) => state.test(said)).map(([name]) => name)

    it('names everything that Python has, each with a state or one of few reasons', () => {
      expect([...table.keys()].sort()).toEqual(Object.keys(known).sort())
      for (const [name, state] of table) expect(state, name).toMatch(states)
      const [ported, mapped, absent] = [/^ported/, /^mapped/, /^not here/].map((s) => of(s).length)
      counts.push(`${module}: ${ported} ported, ${mapped} mapped, ${absent} not here`)
    })

    it('lists as ported what the door exports, and nothing else', () => {
      // Names with an underscore are Python's private ones; a module is no name of its package.
      const found = Object.keys(namespace).filter(
        (name) => !name.startsWith('_') && !Object.hasOwn(names, `${module}.${name}`),
      )
      expect(of(/^ported$/).sort()).toEqual(found.sort())
      // A name that is exported again from where it is gone is there, and has no value.
      for (const name of found) expect([name, namespace[name]]).not.toEqual([name, undefined])
    })

    it('has constants with Python’s values', () => {
      for (const [name, value] of Object.entries(known)) {
        const isConstant = !KINDS.includes(String(value)) && !ownConstants?.test(name)
        if (isConstant && (namespace[name] !== undefined || !absentConstants?.test(name)))
          expect([name, namespace[name]]).toEqual([name, value])
      }
    })

    it.skipIf(!existsSync(beside))('has the same names as the list that it was taken from', () => {
      const { modules: all } = JSON.parse(readFileSync(beside, 'utf8'))
      expect(Object.keys(known).sort()).toEqual(Object.keys(all[module]).sort())
    })
  })

  it('prints the counts', () => {
    expect(counts).toHaveLength(modules.length)
    console.log(counts.join('\n'))
  })
}

/** The table under a heading: Python's name → what the page says of it. */
function tableOf(page: string, heading: string): Map<string, string> {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.matchAll(/^\| `(\w+)` +\| ([^|]+) \|/gm)
  return new Map([...rows].map(([, name = '', state = '']) => [name, state.trim()]))
}
