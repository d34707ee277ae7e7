/** What all apps have in common: how they are called, what they say to nonsense, and their texts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../lib/app.ts'
import { run } from './kit.ts'

const home = new URL('../apps/', import.meta.url)
const folders = readdirSync(fileURLToPath(home), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const read = (path: string): string => readFileSync(new URL(path, home), 'utf8')

test('the list has every app, and a wrong name is a sentence and status 2', async () => {
  const [plain, wrong] = await Promise.all([run('apps/run.ts'), run('apps/run.ts', ['nothing'])])
  const listed = [...plain.out.matchAll(/^ {2}(\S+) /gm)].map(([, name]) => name)
  expect(listed.sort()).toEqual(folders.sort())
  expect([plain.status, wrong.status]).toEqual([0, 2])
  expect(wrong.err).toBe("There is no app 'nothing'.\n")
})

test('nonsense is one sentence, how it is called, and status 2; --help is how it is called', async () => {
  const [help, nonsense] = await Promise.all(
    [['--help'], ['serve', '--nonsense']].map((words) => run('apps/run.ts', ['chat', ...words])),
  )
  expect(help).toMatchObject({ status: 0, err: '' })
  expect(help?.out).toMatch(/^npm run app chat serve /)
  expect(nonsense).toMatchObject({ status: 2, out: '' })
  expect(nonsense?.err).toBe(`Unknown option '--nonsense'\n${help?.out}`)
})

describe.each(folders)('%s', (folder) => {
  test('says how it is called, and refuses nonsense before it does anything', async () => {
    const { main, usage } = await import(new URL(`${folder}/main.ts`, home).href)
    expect(usage).toMatch(new RegExp(`^npm run app ${folder} `))
    for (const words of [[], ['--nonsense'], ['nonsense', 'more']])
      await expect(main(words, AbortSignal.abort())).rejects.toThrow(UsageError)
  })

  test('its texts have the same parts, name every file, and their links lead somewhere', () => {
    const [english, chinese] = ['README.md', 'README.zh-CN.md'].map((file) => {
      const text = read(`${folder}/${file}`)
      return {
        headings: [...text.matchAll(/^#+ /gm)].map(([mark]) => mark),
        programs: [...text.matchAll(/^```sh\n[\s\S]*?^```$/gm)].map(([program]) => program),
        links: [...text.matchAll(/\]\((\S+?)\)/g)].map(([, link = '']) => link),
      }
    })
    expect(chinese).toEqual(english)
    for (const link of english?.links ?? [])
      expect(existsSync(new URL(`${folder}/${link.replace(/#.*/, '')}`, home))).toBe(true)
    const files = readdirSync(new URL(folder, home)).filter((file) => !/^README/.test(file))
    for (const file of files) expect(english?.links).toContain(file)
    expect(files).toContain('protocol.ts')
  })

  test('what decides does no I/O: protocol.ts reaches nothing but pure code', () => {
    const imports = [...read(`${folder}/protocol.ts`).matchAll(/from '([^']+)'/g)]
    for (const [, from] of imports)
      expect(from).toMatch(
        /^(\.\/[\w-]+\.ts|@sluice\/socket\/(bytes|errors|ip)|@sluice\/http\/(parser|headers|cookies)|@sluice\/url\/(parse|robots))$/,
      )
  })
})
