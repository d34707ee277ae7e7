/**
 * Programs that are killed at random moments, as often as is asked for: what a killed download and a killed save of cookies
 * leave behind, and what becomes of it. The suite does this a few times, `npm run soak` more often.
 */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@sluice/http'
import { staticFiles } from '@sluice/http/static'
import { programFile } from '../../../scripts/program.ts'
import { CookieJar } from '../src/cookies.ts'

const SIZE = 2_600_000
/** No program takes so long: what hangs is killed, and fails. */
const PATIENCE = 20_000

/** Randomness that can be had again: the one of scripts/soak, or `diceOf`. */
export interface Dice {
  /** A whole number from 0, and less than the limit. */
  below(limit: number): number
}

/** Dice by their seed. */
export function diceOf(seed: number): Dice {
  let thrown = 0
  const next = (): number =>
    createHash('sha256').update(`${seed} ${thrown++}`).digest().readUInt32LE()
  return { below: (limit) => next() % limit }
}

/** When to kill a program: so many milliseconds after it has said so many lines. */
interface Moment {
  readonly lines: number
  readonly ms: number
}

/** Runs a program, and kills it at its moment; lets it come to its end where there is none. */
async function runUntil(
  words: readonly string[],
  moment?: Moment,
): Promise<{ said: string[]; isKilled: boolean; took: number }> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = (): void => void child.kill('SIGKILL')
  const timers = [setTimeout(kill, PATIENCE)]
  let said = ''
  let [began, last] = [0, 0]
  child.stdout.on('data', (text) => {
    said += text
    last = performance.now()
    began ||= last
    if (moment === undefined || timers.length > 1) return
    if (said.split('\n').length > moment.lines) timers.push(setTimeout(kill, moment.ms))
  })
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...how) => resolve(how)),
  )
  for (const timer of timers) clearTimeout(timer)
  const isKilled = signal === 'SIGKILL'
  if (isKilled ? timers.length === 1 : status !== 0)
    throw new Error(`the program ended with ${status ?? signal}, and had said ${said}`)
  // The first line says that it has begun.
  return { said: said.split('\n').slice(1, -1), isKilled, took: last - began }
}

/** As on a line on which there is time to be killed. */
function slowly(): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform: async (piece, controller) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      controller.enqueue(piece)
    },
  })
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kills-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Kills a download so many times, at any moment from its begin to its end; when one has come to its end, the next begins.
 * Now and then the file at the server is another one, of the same size.
 *
 * @returns what happened
 * @throws when a file that has its name is not byte for byte what the server has, or anything lies beside it
 */
export function killDownloads(
  count: number,
  dice: Dice,
): Promise<{ files: number; resumed: number; changes: number }> {
  return withFolder(async (folder) => {
    const [there, here] = [join(folder, 'there'), join(folder, 'here')]
    for (const path of [there, here]) mkdirSync(path)
    let data = new Uint8Array()
    let [changes, resumed, files] = [0, 0, 0]
    const change = (): void => {
      data = new Uint8Array(randomBytes(SIZE))
      const fresh = join(folder, 'fresh')
      writeFileSync(fresh, data)
      // A second apart, or nobody could tell by the date (RFC 9110 §8.8.2.2).
      utimesSync(fresh, 1000 + changes, 1000 + changes)
      renameSync(fresh, join(there, 'file'))
      changes++
    }
    change()
    const answer = staticFiles(there)
    const server = await serve(
      async (request, info) => {
        const response = await answer(request, info)
        if (response.status === 206) resumed++
        return new Response(response.body?.pipeThrough(slowly()) ?? null, response)
      },
      { onError: () => {} },
    )
    const [path, program] = [
      join(here, 'file'),
      await programFile(new URL('programs/download.ts', import.meta.url)),
    ]
    const words = [program, `${server.url}file`, path]
    const look = (): void => {
      if (!existsSync(path)) return
      if (!readFileSync(path).equals(data)) throw new Error('the file is not that of the server')
      const beside = readdirSync(here).filter((name) => name !== 'file')
      if (beside.length > 0)
        throw new Error(`beside the file that is done lie ${beside.join(', ')}`)
      rmSync(path)
      files++
    }
    try {
      const { took } = await runUntil(words)
      look()
      for (let kills = 0; kills < count; ) {
        if (dice.below(8) === 0) change()
        const ms = dice.below(Math.ceil(took * 1.1))
        const { isKilled } = await runUntil(words, { lines: 1, ms })
        if (isKilled) kills++
        look()
      }
      await runUntil(words)
      look()
      return { files, resumed, changes }
    } finally {
      await server.close()
    }
  })
}

/**
 * Kills a program that saves its cookies over and over, so many times.
 *
 * @returns how many saves it made in all
 * @throws when the jar is neither the old nor the new one, or a draft is left once somebody has saved again
 */
export function killSaves(count: number, dice: Dice): Promise<{ saves: number; drafts: number }> {
  return withFolder(async (folder) => {
    const path = join(folder, 'jar.txt')
    const program = await programFile(new URL('programs/save-jar.ts', import.meta.url))
    const drafts = (): string[] => readdirSync(folder).filter((name) => name !== 'jar.txt')
    let [saved, left] = [0, 0]
    for (let kills = 0; kills < count; kills++) {
      const moment = { lines: 2 + dice.below(3), ms: dice.below(8) }
      const { said } = await runUntil([program, path], moment)
      const last = Number(said.at(-1) ?? saved)
      saved = (await CookieJar.load(path, { create: true })).size
      if (saved !== last && saved !== last + 1)
        throw new Error(`${saved} cookies are here, and ${last} or ${last + 1} were saved`)
      // What the one before left is gone when this one has saved twice; its own last one may lie there.
      if (drafts().length > (said.length > 1 ? 1 : 1 + left))
        throw new Error(`there are ${drafts().join(', ')}`)
      left = drafts().length
    }
    const jar = await CookieJar.load(path, { create: true })
    await jar.save()
    if (drafts().length > 0) throw new Error(`still there: ${drafts().join(', ')}`)
    return { saves: saved, drafts: left }
  })
}
