// The committed cases as tests of a package: one test a file, with its failing cases by name. What has no code
// is listed by name, with the reason, in `test/conformance/without-code.json`; nothing else may be without.
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  checkDeviations,
  checkShare,
  checkStale,
  countOf,
  type Handler,
  listFiles,
  readCorpus,
  readDeviations,
  readWithoutCode,
  runCorpus,
} from './corpus.ts'

/**
 * Makes tests of `test/conformance/cases`.
 *
 * @param folder the package's own folder
 * @param formats handlers of the formats that occur there
 * @param leaveOut cases that ask the runtime rather than the package; default none
 */
export function testConformance(
  folder: URL,
  formats: Readonly<Record<string, Handler>>,
  leaveOut: (name: string) => boolean = () => false,
): void {
  const root = fileURLToPath(folder)
  const cases = `${root}/test/conformance/cases`
  const deviations = readDeviations(root)
  const withoutCode = readWithoutCode(root)
  const files = listFiles(cases).map((path) => ({ path, corpus: readCorpus(cases, path) }))
  const found = new Set<string>()

  describe('recorded cases', () => {
    it.each(files)(
      '$path gets the recorded answers, all $corpus.cases.length of them',
      async ({ corpus }) => {
        const asked = corpus.cases.filter(({ name }) => !leaveOut(name))
        const handler = formats[corpus.format]
        if (!handler) throw new Error(`there is no handler for the format ${corpus.format}`)
        const result = await runCorpus({ ...corpus, cases: asked }, handler, deviations)
        expect(result.failed).toEqual([])
        for (const what of Object.keys(result.missing)) found.add(what)
        expect(Object.keys(result.missing).filter((what) => !withoutCode[what])).toEqual([])
        expect(countOf(result)).toBe(asked.length)
        expect(checkShare([result])).toEqual([])
      },
    )

    it('deviate only where a class and a reason are given', () => {
      expect(checkDeviations(deviations)).toEqual([])
      const own = deviations.filter(({ file }) => file === undefined)
      const corpora = files.map(({ corpus }) => corpus)
      expect(checkStale(own, corpora)).toEqual([])
    })

    it('have no code only where a reason is given, and what has code by now is not listed', () => {
      expect(Object.keys(withoutCode).sort()).toEqual([...found].sort())
    })
  })
}
