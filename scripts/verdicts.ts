// `npm run verdicts`: what the RFC, our machine, Node's parser and undici say of the same streams of HTTP/1.1, side by
// side. `-acc` is what was accepted and must not be, `-rej` what was rejected and must not be, `-mis` what was
// accepted and taken for other messages than those that the RFC sees.
//
//     npm run verdicts             counts by class
//     npm run verdicts -- --all    every case, then the counts
//     npm run verdicts -- --wrong  the cases that somebody gets wrong, then the counts
//
// The cases are those of the project and, where there is one, of the folder ../shared/conformance beside the checkout.
// Exit status 1 when ours is wrong; the others are what they are.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Corpus, listFiles, readCorpus } from './conformance/corpus.ts'
import { ELSEWHERE } from './conformance/elsewhere.ts'
import type { Http1Case } from './conformance/http1.ts'
import { formatCase, formatSummary, markOf, type Row, summarise } from './verdicts/compare.ts'
import { readNode, readOurs, UndiciReader } from './verdicts/readers.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const beside = resolve(root, '..', 'shared', 'conformance')
const own = join(root, 'packages', 'http', 'test', 'conformance', 'cases')
const words = process.argv.slice(2)
const unknown = words.find((word) => word !== '--all' && word !== '--wrong')

if (unknown !== undefined) {
  console.error(`verdicts: there is no option ${unknown}; there are --all and --wrong.`)
  process.exitCode = 2
} else await run()

async function run(): Promise<void> {
  const rows = await read(corpora().flatMap(({ cases }) => cases as unknown as Http1Case[]))
  const isWrong = ({ test, readings }: Row): boolean =>
    Object.values(readings).some((reading) => markOf(test, reading) !== 'right')
  for (const row of rows)
    if (words.includes('--all') || (words.includes('--wrong') && isWrong(row)))
      console.log(`${formatCase(row)}\n`)
  console.log(formatSummary(summarise(rows)))
  if (!existsSync(beside)) console.log(`left out, since they are not here: ${leftOut()} cases`)
  const ours = rows.some(({ test, readings: { ours } }) => ours && markOf(test, ours) !== 'right')
  process.exitCode = ours ? 1 : 0
}

/** The files of http1, the project's own copy first. */
function corpora(): Corpus[] {
  const found = new Map<string, string>()
  for (const folder of [own, beside])
    for (const path of listFiles(folder))
      if (path.startsWith('http1/') && !found.has(path)) found.set(path, folder)
  return [...found].map(([path, folder]) => readCorpus(folder, path))
}

function leftOut(): number {
  const counts = Object.entries(ELSEWHERE).filter(([path]) => path.startsWith('http1/'))
  return counts.reduce((sum, [, count]) => sum + count, 0)
}

async function read(tests: readonly Http1Case[]): Promise<Row[]> {
  const undici = new UndiciReader()
  await undici.open()
  const rows: Row[] = []
  for (const test of tests) {
    const theirs = await undici.read(test)
    rows.push({
      test,
      readings: {
        ours: readOurs(test),
        node: readNode(test),
        ...(theirs === undefined ? {} : { undici: theirs }),
      },
    })
  }
  undici.close()
  return rows
}
