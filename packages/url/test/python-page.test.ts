import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ftplib, http, netrc, urllib } from '../src/python.ts'

// The page says what is ported; the door says what is there; CPython's list, where it lies beside the checkout,
// says what there could be.
const page = readFileSync(new URL('../docs/python.md', import.meta.url), 'utf8')
const beside = new URL('../../../../shared/python-api.json', import.meta.url)

/** The table under a heading: Python's name → what the page says of it. */
function tableOf(heading: string): Map<string, string> {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.matchAll(/^\| `(\w+)` +\| ([^|]+) \|/gm)
  return new Map([...rows].map(([, name = '', state = '']) => [name, state.trim()]))
}

describe.each([
  ['urllib.parse', urllib.parse],
  ['urllib.request', urllib.request],
  ['urllib.response', urllib.response],
  ['urllib.error', urllib.error],
  ['urllib.robotparser', urllib.robotparser],
  ['http.cookiejar', http.cookiejar],
  ['netrc', netrc],
  ['ftplib', ftplib],
])('the table of %s', (module, namespace: Readonly<Record<string, unknown>>) => {
  const table = tableOf(module)
  const ported = [...table].filter(([, state]) => state === 'ported').map(([name]) => name)

  it('lists as ported what the door exports, and nothing else', () => {
    // Names with an underscore are Python's private ones.
    const exported = Object.keys(namespace).filter((name) => !name.startsWith('_'))
    expect(ported.sort()).toEqual(exported.sort())
  })

  it('gives a reason for every other name', () => {
    for (const [name, state] of table)
      expect(state, name).toMatch(/^(ported|mapped to `.+`|not here: \w.+)$/)
  })

  it.skipIf(!existsSync(beside))('names everything that CPython has', () => {
    const { modules } = JSON.parse(readFileSync(beside, 'utf8'))
    expect([...table.keys()].sort()).toEqual(Object.keys(modules[module]).sort())
  })
})
