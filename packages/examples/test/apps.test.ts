/** What all apps have in common: how they are called, what they say to nonsense, and their texts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
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

describe.each(folders)('%s', (folder) => {
  test('says how it is called, and to nonsense one sentence with status 2', async () => {
    const [help, none, option, role] = await Promise.all(
      [['--help'], [], ['--nonsense'], ['nonsense', '--', 'more']].map((words) =>
        run('apps/run.ts', [folder, ...words]),
      ),
    )
    expect(help).toMatchObject({ status: 0, err: '' })
    expect(help?.out).toMatch(new RegExp(`^npm run app ${folder} `))
    for (const outcome of [none, option, role]) {
      expect(outcome).toMatchObject({ status: 2, out: '' })
      // The sentence, and then how it is called.
      expect(outcome?.err).toMatch(new RegExp(`^[^\\n]+\\nnpm run app ${folder} `))
    }
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
