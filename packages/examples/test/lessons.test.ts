// Every lesson holds, and its texts quote the programs as they are, in both languages alike.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { request } from '@sluice/http'
import { describe, expect, test } from 'vitest'
import { startSource } from '../lib/children.ts'
import { run } from './kit.ts'

const lessons = new URL('../lessons/', import.meta.url)
const folders = readdirSync(fileURLToPath(lessons)).filter((name) => /^\d\d-/.test(name))
const read = (path: string): string => readFileSync(new URL(path, lessons), 'utf8')

/** `main.ts#wait` → what stands between `// #region wait` and `// #endregion`. */
function regionOf(folder: string, name: string): string {
  const [file, region] = name.split('#')
  const text = read(`${folder}/${file}`)
  const [, lines] =
    new RegExp(`^// #region ${region}\\n([\\s\\S]*?)^// #endregion$`, 'm').exec(text) ?? []
  if (lines === undefined) throw new Error(`${folder}/${file} has no region ${region}`)
  return lines
}

const quotesOf = (text: string): RegExpMatchArray[] => [
  ...text.matchAll(/^```ts (\S+)\n([\s\S]*?)^```$/gm),
]

describe.each(folders)('%s', (folder) => {
  test('what it states holds', { timeout: 30_000 }, async () => {
    const program = startSource(new URL(`${folder}/check.ts`, lessons))
    const status = await program.ended
    expect(program.out() + program.err()).not.toContain('FAIL')
    expect(status).toBe(0)
    expect(program.out()).toMatch(/^ok /)
  })

  test.each(['README.md', 'README.zh-CN.md'])('%s quotes the programs as they are', (file) => {
    const quotes = quotesOf(read(`${folder}/${file}`))
    expect(quotes.length).toBeGreaterThanOrEqual(2)
    for (const [, name = '', quoted] of quotes) expect(quoted).toBe(regionOf(folder, name))
    expect(quotes.some(([, name = '']) => name.startsWith('broken.ts'))).toBe(true)
  })

  test('both languages have the same parts, and their links lead somewhere', () => {
    const texts = ['README.md', 'README.zh-CN.md'].map((file) => read(`${folder}/${file}`))
    const [english, chinese] = texts.map((text) => ({
      headings: [...text.matchAll(/^#+ /gm)].map(([mark]) => mark),
      quotes: quotesOf(text).map(([, name, quoted]) => [name, quoted]),
      outputs: [...text.matchAll(/^ {4}.*$/gm)].map(([line]) => line),
      links: [...text.matchAll(/\]\((\S+?)\)/g)].map(([, link]) => link),
    }))
    expect(chinese).toEqual(english)
    for (const link of english?.links ?? [])
      expect(existsSync(new URL(`${folder}/${link}`, lessons))).toBe(true)
  })

  test('its program fits on a page', () => {
    expect(read(`${folder}/main.ts`).split('\n').length).toBeLessThan(40)
  })
})

test('npm run lesson lists them, runs one, and says what it does not know', {
  timeout: 30_000,
}, async () => {
  expect((await run('lessons/run.ts', [])).out).toContain('1  a first connection')
  const { out, status } = await run('lessons/run.ts', ['1'])
  expect(out).toMatch(/connection refused[\s\S]+You said: Hello, World!/)
  expect(status).toBe(0)
  const unknown = await run('lessons/run.ts', ['99'])
  expect([unknown.status, unknown.err]).toEqual([
    2,
    'There is no lesson 99; npm run lesson lists them.\n',
  ])
})

test('npm run lesson shows what a program says while it still runs, and ends it with Ctrl-C', {
  timeout: 30_000,
}, async () => {
  const seen = await run('lessons/run.ts', ['4'], { signal: 'SIGINT', when: 'in a browser' })
  expect(seen.status).toBe(130)
  expect(seen.out).toMatch(/^ {4}Now open http:\S+ in a browser/m)
  const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(seen.out) ?? []
  await expect(request(`http://127.0.0.1:${port}/`)).rejects.toThrow()
})
