/** `docs/limits.md` has each limit by its name, with the default that is in force and with what others chose. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CODING } from '../src/core/content-coding.ts'
import { normaliseMultipart } from '../src/core/multipart-limits.ts'
import { normaliseServe } from '../src/io/serve-options.ts'

const page = readFileSync(new URL('../docs/limits.md', import.meta.url), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
const { limits, timeouts, maxConnections, maxBody, maxRequests, bodyRate } = normaliseServe({})
const own = { connections: maxConnections, body: maxBody, requests: maxRequests, bodyRate }

describe('docs/limits.md', () => {
  it.each([
    ...Object.entries({ ...limits, ...own, ...timeouts }),
    ...Object.entries({ ...DEFAULT_CODING, ...normaliseMultipart({}) }),
  ])('says of %s that it is %d', (name, value) => {
    const found = rows.filter((cells) => cells.includes(`\`${name}\``))
    const written = found.map((cells) => cells[cells.indexOf(`\`${name}\``) + 1] ?? '')
    const values = written.map((text) =>
      /^(?:none|off)$/.test(text) ? Number.POSITIVE_INFINITY : Number(text.replaceAll(' ', '')),
    )
    expect(values).toContain(value)
  })

  it('says of each what others have', () => {
    expect(rows.length).toBeGreaterThan(40)
    for (const cells of rows) expect(cells.at(-1), cells.join(' | ')).not.toBe('')
  })
})
