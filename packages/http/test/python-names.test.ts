import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { http } from '../src/python.ts'

// The page says what is ported, the door what is there, the list what Python has: all three have to agree.
const page = readFileSync(new URL('../docs/python.md', import.meta.url), 'utf8')
const list = new URL('./fixtures/python-names.json', import.meta.url)
const names = JSON.parse(readFileSync(list, 'utf8')).modules as Record<
  string,
  Record<string, string | number | boolean>
>
/** The list that this one was taken from, where it lies beside the checkout. */
const beside = new URL('../../../../shared/python-api.json', import.meta.url)

const STATES = /^(ported|not here: (fork|blocking))$/

/** The table under a heading: Python's name → what the page says of it. */
function tableOf(heading: string): Map<string, string> {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.matchAll(/^\| `(\w+)` +\| ([^|]+) \|/gm)
  return new Map([...rows].map(([, name = '', state = '']) => [name, state.trim()]))
}

const counts: string[] = []

describe.each([
  ['http', http],
  ['http.client', http.client],
  ['http.server', http.server],
  ['http.cookies', http.cookies],
])('the table of %s', (module, namespace: Readonly<Record<string, unknown>>) => {
  const table = tableOf(module)
  const known = names[module] as Record<string, string | number | boolean>
  const of = (state: RegExp): string[] =>
    [...table].filter(([, said]) => state.test(said)).map(([name]) => name)

  it('names everything that Python has, with a state or one of two reasons', () => {
    expect([...table.keys()].sort()).toEqual(Object.keys(known).sort())
    for (const [name, state] of table) expect(state, name).toMatch(STATES)
    counts.push(`${module}: ${of(/^ported/).length} ported, ${of(/^not here/).length} not here`)
  })

  it('lists as ported what the door exports, and nothing else', () => {
    // Names with an underscore are Python's private ones; a module is no name of its package.
    const exported = Object.keys(namespace).filter(
      (name) => !name.startsWith('_') && !Object.hasOwn(names, `${module}.${name}`),
    )
    expect(of(/^ported$/).sort()).toEqual(exported.sort())
  })

  it('has constants with Python’s values', () => {
    const kinds = ['class', 'enum', 'exception', 'function', 'constant', 'module', 'data']
    for (const [name, value] of Object.entries(known))
      if (!kinds.includes(String(value)) && table.get(name) === 'ported')
        expect([name, namespace[name]]).toEqual([name, value])
  })

  it.skipIf(!existsSync(beside))('has the same names as the list that it was taken from', () => {
    const { modules } = JSON.parse(readFileSync(beside, 'utf8'))
    expect(Object.keys(known).sort()).toEqual(Object.keys(modules[module]).sort())
  })
})

it('has the members of the two enumerations', () => {
  expect(http.HTTPStatus.NOT_FOUND).toBe(404)
  expect(http.HTTPStatus(404)).toMatchObject({ name: 'NOT_FOUND', phrase: 'Not Found' })
  expect(() => http.HTTPStatus(799)).toThrow('799 is not a valid HTTPStatus')
  expect(http.HTTPMethod.GET).toBe('GET')
})

it('prints the counts', () => {
  expect(counts).toHaveLength(4)
  console.log(counts.join('\n'))
})
