// Runs cases that other programs answered: `npm run conformance [-- --dir FOLDER] [--names] [--json]`.
//
// Without a folder it reads the files that belong to the project (packages/*/test/conformance/cases) and, where
// there is one, the folder ../shared/conformance beside the checkout, which also holds the files of other
// projects. Nothing is left out in silence: what has no code yet is named with its number of cases.
// Deviating cases are printed by name where they are few, and all of them with --names.
// Exit status 1 when a case fails, a listed deviation passes or has no case, or too many are listed; 2 for a
// folder or a file that cannot be read as cases.
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  areaOf,
  CLASSES,
  type Corpus,
  checkDeviations,
  checkShare,
  checkStale,
  countOf,
  groupByArea,
  listFiles,
  type Result,
  readCorpus,
  readDeviations,
  readWithoutCode,
  runCorpus,
  Unreadable,
} from './corpus.ts'
import { ELSEWHERE } from './elsewhere.ts'
import { FORMATS } from './formats.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const beside = resolve(root, '..', 'shared', 'conformance')

/** As many deviating names of a class are printed without being asked for. */
const FEW = 10

const { dir, json, names } = readArguments(process.argv.slice(2))
const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))
const deviations = packages.flatMap(readDeviations)
const withoutCode = Object.assign({}, ...packages.map(readWithoutCode))
const results: Result[] = []
const unknown: { path: string; format: string; count: number }[] = []

const corpora = readAll()
for (const corpus of corpora) {
  const handler = FORMATS[corpus.format]
  if (handler) results.push(await runCorpus(corpus, handler, deviations))
  else unknown.push({ path: corpus.path, format: corpus.format, count: corpus.cases.length })
}
const leftOut = dir === undefined && !existsSync(beside) ? elsewhere() : []
const problems = [...checkDeviations(deviations), ...checkShare(results), ...stale()]
const failed = results.some((result) => result.failed.length > 0) || problems.length > 0
const empty = results.length + unknown.length === 0
if (json) console.log(JSON.stringify({ results, unknown, leftOut, problems }, null, 2))
else print()
// Not process.exit(): it would cut off what a pipe has not taken yet.
process.exitCode = failed || empty ? 1 : 0

/** Every file of cases; what is none ends the run with a sentence, since a run without it would say too little. */
function readAll(): Corpus[] {
  try {
    if (dir !== undefined && !existsSync(dir)) throw new Unreadable(`${dir} is no folder`)
    const files = dir === undefined ? ownFiles() : filesOf(dir)
    return [...files].map(([path, folder]) => readCorpus(folder, path))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    console.error(`conformance: ${error.message}`)
    process.exit(2)
  }
}

/** Listed deviations without a case. A folder of the user's holds only some of the cases, and shows nothing. */
function stale(): string[] {
  if (dir !== undefined) return []
  const there = deviations.filter(({ file }) => file === undefined || existsSync(beside))
  return checkStale(there, corpora)
}

/** The project's own copies win over those beside it: they are what a clone has. */
function ownFiles(): Map<string, string> {
  const files = filesOf(beside)
  for (const folder of packages) {
    const cases = join(folder, 'test', 'conformance', 'cases')
    for (const path of listFiles(cases)) files.set(path, cases)
  }
  return new Map([...files].sort(([a], [b]) => a.localeCompare(b)))
}

/** Files of a folder; where it is itself an area, its name is part of theirs. */
function filesOf(folder: string): Map<string, string> {
  const files = listFiles(folder)
  const isArea = files.some((path) => !path.includes('/'))
  const [top, prefix] = isArea ? [dirname(folder), `${basename(folder)}/`] : [folder, '']
  return new Map(files.map((path) => [prefix + path, top]))
}

function elsewhere(): { path: string; count: number }[] {
  const files = ownFiles()
  return Object.entries(ELSEWHERE)
    .filter(([path]) => !files.has(path))
    .map(([path, count]) => ({ path, count }))
}

interface Arguments {
  dir: string | undefined
  json: boolean
  names: boolean
}

function readArguments(args: string[]): Arguments {
  let folder: string | undefined
  let asJson = false
  let withNames = false
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (arg === '--') continue
    if (arg === '--json') asJson = true
    else if (arg === '--names') withNames = true
    else if (arg === '--dir' && args[i + 1] !== undefined) folder = resolve(String(args[++i]))
    else {
      console.error('conformance: usage: npm run conformance [-- --dir FOLDER] [--names] [--json]')
      process.exit(2)
    }
  }
  return { dir: folder, json: asJson, names: withNames }
}

function print(): void {
  for (const result of results) {
    const missing = sum(Object.values(result.missing))
    const kinds = CLASSES.filter((kind) => result.deviating[kind].length > 0)
    const deviating = kinds.map((kind) => `${result.deviating[kind].length} ${kind}`).join(', ')
    console.log(
      `${result.path}: ${result.passed} passed, ${result.failed.length} failed, ` +
        `${deviating || '0'} deviating${missing ? `, ${missing} without code` : ''}`,
    )
    for (const { name, why } of result.failed) console.log(`  FAILED ${name}: ${why}`)
    for (const kind of kinds) printNames(kind, result.deviating[kind])
    for (const [what, { length }] of Object.entries(result.missing)) {
      const reason = withoutCode[what]
      console.log(`  no code yet: ${what} (${cases(length)})${reason ? `: ${reason}` : ''}`)
    }
  }
  for (const { path, format, count } of unknown)
    console.log(`${path}: no code yet for the format ${format} (${cases(count)})`)
  printAreas()
  if (leftOut.length > 0) {
    const count = leftOut.reduce((all, file) => all + file.count, 0)
    const where = relative(root, beside)
    console.log(`left out, since ${where} is not there: ${cases(count)} in ${leftOut.length} files`)
  }
  for (const problem of problems) console.log(`FAILED ${problem}`)
  if (empty) console.log('no file of cases was found')
}

function printNames(kind: string, deviating: readonly string[]): void {
  const shown = names || deviating.length <= FEW ? deviating : []
  for (const name of shown) console.log(`  ${kind} ${name}`)
  const hidden = deviating.length - shown.length
  if (hidden > 0) console.log(`  ${kind}: ${cases(hidden)}, by name with --names`)
}

function printAreas(): void {
  console.log('')
  for (const [area, files] of groupByArea(results)) {
    const passed = files.reduce((all, file) => all + file.passed, 0)
    const wrong = files.reduce((all, file) => all + file.failed.length, 0)
    const counts = CLASSES.map((kind) => {
      const count = files.reduce((all, file) => all + file.deviating[kind].length, 0)
      return count ? `, ${count} ${kind}` : ''
    })
    const all = files.reduce((total, file) => total + countOf(file), 0)
    console.log(`${area}: ${passed} of ${all} passed, ${wrong} failed${counts.join('')}`)
  }
  const waiting = new Map<string, number>()
  for (const { path, count } of unknown)
    waiting.set(areaOf(path), (waiting.get(areaOf(path)) ?? 0) + count)
  for (const [area, count] of waiting)
    console.log(`${area}: ${cases(count)} of formats without code`)
}

function sum(lists: readonly (readonly string[])[]): number {
  return lists.reduce((all, list) => all + list.length, 0)
}

function cases(count: number): string {
  return `${count} ${count === 1 ? 'case' : 'cases'}`
}
