import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const english = read('README.md')
const chinese = read('README.zh-CN.md')

const programs = (text) =>
  [...text.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language, code]) => `${language}\n${code}`)
const headings = (text) => [...text.matchAll(/^(#+) /gm)].map(([, level]) => level.length)
const links = (text) => [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target).sort()
const rows = (text) => text.split('\n').filter((line) => line.startsWith('| '))
const commands = (text) =>
  rows(text).map((row) => [...row.matchAll(/`((?:npm|python3) [^`]*)`/g)].map(([, what]) => what))

describe('both READMEs', () => {
  test('have the same programs, letter by letter', () => {
    expect(programs(chinese)).toEqual(programs(english))
    expect(programs(english).length).toBeGreaterThan(2)
  })
  test('have the same headings, tables, commands and links', () => {
    expect(headings(chinese)).toEqual(headings(english))
    expect(rows(chinese).length).toBe(rows(english).length)
    expect(commands(chinese)).toEqual(commands(english))
    const neutral = (target) => target.replace(/^README(\.zh-CN)?\.md$/, 'README')
    expect(links(chinese).map(neutral)).toEqual(links(english).map(neutral))
  })
  test('show the programs that the examples run', () => {
    for (const name of ['server', 'client']) {
      const code = read(`packages/examples/seed/${name}.ts`).replace(/^(\/\/.*\n)+/, '')
      expect(programs(english)).toContain(`ts\n// ${name}.ts\n${code}`)
    }
  })
  test('name beside a command what has to run before it', () => {
    for (const row of commands(english)) {
      const client = row.indexOf('npm run example seed-client')
      if (client !== -1) expect(row[client - 1]).toBe('npm run example seed-server')
      if (row.includes('npm start -- http://127.0.0.1:8000/'))
        expect(row).toContain('python3 -m http.server')
    }
  })
  test('name commands and files that exist', () => {
    const { scripts } = JSON.parse(read('package.json'))
    for (const command of commands(english).flat()) {
      if (!command.startsWith('npm ')) continue
      const name = command.replace(/^npm (run )?/, '').split(' ')[0]
      expect(Object.keys(scripts)).toContain(name)
    }
    for (const target of links(english))
      if (!target.endsWith('/')) expect(() => read(target)).not.toThrow()
  })
})

test('every relative link of every page leads somewhere', () => {
  const root = new URL('../', import.meta.url)
  const pages = [
    ...readdirSync(root),
    ...readdirSync(new URL('packages/', root)).flatMap(pagesOf),
  ].filter((p) => p.endsWith('.md'))
  expect(pages.length).toBeGreaterThan(8)
  const lost = pages.flatMap((page) =>
    links(read(page))
      .filter(
        (target) => !/^[a-z]+:/.test(target) && !existsSync(new URL(target, new URL(page, root))),
      )
      .map((target) => `${page} -> ${target}`),
  )
  expect(lost).toEqual([])

  function pagesOf(name) {
    const docs = new URL(`packages/${name}/docs/`, root)
    const inside = existsSync(docs)
      ? readdirSync(docs).map((file) => `packages/${name}/docs/${file}`)
      : []
    return existsSync(new URL(`packages/${name}/README.md`, root))
      ? [`packages/${name}/README.md`, ...inside]
      : inside
  }
})
