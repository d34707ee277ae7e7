// The generic half of the runner: a file of cases, a handler for its format, a list of deviations → counts and
// names. It knows no format; `formats.ts` does.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A case; what else it holds is its format's business. */
export interface Case {
  readonly name: string
  readonly [field: string]: unknown
}

/** A file of cases. */
export interface Corpus {
  /** `area/file.json`. */
  readonly path: string
  readonly format: string
  readonly cases: readonly Case[]
}

/** A case that has no code to run on yet, with what would have to be there. */
export class Missing {
  readonly what: string
  constructor(what: string) {
    this.what = what
  }
}

/** What a handler says of one case: nothing when it passes, what is wrong, or that there is no code for it. */
export type Verdict = string | Missing | undefined

/** Runs one case of a format. */
export type Handler = (test: Case) => Verdict | Promise<Verdict>

/** Why a case is not followed. `wrong` means the case itself, with the sentence of a standard that says so. */
export const CLASSES = ['stricter', 'python-only', 'idna-2003', 'wrong'] as const
export type DeviationClass = (typeof CLASSES)[number]

/** One line of a package's `test/conformance/deviations.json`. */
export interface Deviation {
  readonly name: string
  readonly class: DeviationClass
  readonly reason: string
  /** `area/file.json`, where the case is in a file that is no part of the project. */
  readonly file?: string
}

/** Functions that no code is planned for or that wait for it, each with the reason: a package's `without-code.json`. */
export type WithoutCode = Readonly<Record<string, string>>

/** Something that cannot be read as cases: a folder, a file. Its message is a sentence that names it. */
export class Unreadable extends Error {}

/** What became of a file. */
export interface Result {
  readonly path: string
  readonly passed: number
  /** Names of failing cases, each with what is wrong. */
  readonly failed: readonly { name: string; why: string }[]
  /** Names of deviating cases, by class. */
  readonly deviating: Readonly<Record<DeviationClass, readonly string[]>>
  /** Names of cases without code, by what is missing. */
  readonly missing: Readonly<Record<string, readonly string[]>>
}

/**
 * Reads a file of cases. A count that does not match means a damaged file.
 *
 * @throws {Unreadable} when it is none
 */
export function readCorpus(root: string, path: string): Corpus {
  const file = join(root, path)
  let content: { format?: unknown; cases?: unknown; count?: unknown }
  try {
    content = JSON.parse(readFileSync(file, 'utf8')) ?? {}
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Unreadable(`${file} is no file of cases: ${why.replace(/\s+/g, ' ')}`)
  }
  const { format, cases, count } = content
  if (typeof format !== 'string' || !Array.isArray(cases))
    throw new Unreadable(`${file} is no file of cases: it needs a text 'format' and a list 'cases'`)
  const names = new Set(cases.map((test: Case) => test?.name))
  if (cases.length !== count || names.size !== count)
    throw new Unreadable(
      `${file} is damaged: ${count} cases announced, ${cases.length} found, ${names.size} names`,
    )
  return { path, format, cases }
}

/**
 * @returns `area/file.json` of every file below a folder, or of one folder that holds files itself
 * @throws {Unreadable} when it is no folder
 */
export function listFiles(root: string): string[] {
  if (!existsSync(root)) return []
  if (!statSync(root).isDirectory()) throw new Unreadable(`${root} is no folder`)
  return readdirSync(root, { recursive: true })
    .map((entry) => String(entry).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.json'))
    .sort()
}

/** Reads a package's deviations. */
export function readDeviations(folder: string): Deviation[] {
  const file = join(folder, 'test', 'conformance', 'deviations.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
}

/** Reads what a package has no code for. */
export function readWithoutCode(folder: string): WithoutCode {
  const file = join(folder, 'test', 'conformance', 'without-code.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

/** Runs every case of a file. */
export async function runCorpus(
  corpus: Corpus,
  handler: Handler,
  deviations: readonly Deviation[],
): Promise<Result> {
  const listed = new Map(deviations.map((deviation) => [deviation.name, deviation.class]))
  const failed: { name: string; why: string }[] = []
  const deviating = Object.fromEntries(CLASSES.map((name) => [name, [] as string[]])) as Record<
    DeviationClass,
    string[]
  >
  const missing: Record<string, string[]> = {}
  let passed = 0
  for (const test of corpus.cases) {
    const verdict = await judge(handler, test)
    const kind = listed.get(test.name)
    if (verdict instanceof Missing) {
      missing[verdict.what] ??= []
      missing[verdict.what]?.push(test.name)
    } else if (verdict === undefined) {
      if (kind === undefined) passed++
      else failed.push({ name: test.name, why: `listed as ${kind}, but it passes` })
    } else if (kind !== undefined && CLASSES.includes(kind)) deviating[kind].push(test.name)
    else failed.push({ name: test.name, why: verdict })
  }
  return { path: corpus.path, passed, failed, deviating, missing }
}

/** An exception that a handler did not foresee is a failure of the case, not of the run. */
async function judge(handler: Handler, test: Case): Promise<Verdict> {
  try {
    return await handler(test)
  } catch (error) {
    return `unexpected ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}

/** @returns what is wrong with a list of deviations as such: unknown classes, missing reasons, doubled names */
export function checkDeviations(deviations: readonly Deviation[]): string[] {
  const seen = new Set<string>()
  return deviations.flatMap(({ name, class: kind, reason }) => {
    const doubled = seen.has(name)
    seen.add(name)
    if (doubled) return [`${name} is listed twice`]
    if (!CLASSES.includes(kind)) return [`${name} has the unknown class ${kind}`]
    return reason ? [] : [`${name} is listed without a reason`]
  })
}

/**
 * A deviation that matches no case speaks of something that is not there any more, or never was.
 *
 * @param deviations those of the files at hand
 * @param corpora the files that they may belong to
 * @returns the stale ones, each as a sentence
 */
export function checkStale(
  deviations: readonly Deviation[],
  corpora: readonly Pick<Corpus, 'path' | 'cases'>[],
): string[] {
  const names = new Set(corpora.flatMap(({ cases }) => cases.map(({ name }) => name)))
  const inFile = (file: string, name: string): boolean =>
    corpora.some(({ path, cases }) => path === file && cases.some((test) => test.name === name))
  return deviations.flatMap(({ name, file }) =>
    (file === undefined ? names.has(name) : inFile(file, name))
      ? []
      : [`${name} is listed, but there is no such case${file === undefined ? '' : ` in ${file}`}`],
  )
}

/**
 * The rule that keeps the list of deviations honest: what is neither stricter, nor Python's alone, nor IDNA 2003
 * stays under 1 % of an area.
 * @returns the areas that break it, each as a sentence
 */
export function checkShare(results: readonly Result[]): string[] {
  return [...groupByArea(results)].flatMap(([area, files]) => {
    const wrong = files.reduce((sum, file) => sum + file.deviating.wrong.length, 0)
    const all = files.reduce((sum, file) => sum + countOf(file), 0)
    return wrong > 0 && wrong * 100 >= all
      ? [`${area}: ${wrong} of ${all} cases are called wrong; it must be less than 1 %`]
      : []
  })
}

/** The results of each folder. */
export function groupByArea(results: readonly Result[]): Map<string, Result[]> {
  const areas = new Map<string, Result[]>()
  for (const result of results) {
    const area = areaOf(result.path)
    areas.set(area, [...(areas.get(area) ?? []), result])
  }
  return areas
}

/** The folder that a file of cases lies in. */
export function areaOf(path: string): string {
  return path.split('/').at(-2) ?? '.'
}

/** How many cases a result is about, whatever became of them. */
export function countOf(result: Result): number {
  const others = [...Object.values(result.deviating), ...Object.values(result.missing)]
  return result.passed + result.failed.length + others.reduce((sum, names) => sum + names.length, 0)
}
