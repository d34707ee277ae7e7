/**
 * A file that is there whole, or as it was before: written beside its place under another name, and moved there once
 * the disk has it. Whoever is killed in the middle leaves the old one.
 */
import { createHash, randomBytes } from 'node:crypto'
import { lstat, open, readdir, readlink, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { codeOf } from '@sluice/socket/errors'
import { formatDraftName, isAbandoned, parseDraftName } from '../core/draft-name.ts'
import { FetchError } from '../core/errors.ts'
import { factsOfWriting } from '../core/file-reason.ts'

/** Only for who runs the program: what is written may hold secrets. */
const OWNER_ONLY = 0o600
/** As many links as Linux follows. */
const MOST_LINKS = 40

/**
 * Writes a file in one step. A link is followed, so that it stays one; a folder or another thing in its place is refused.
 * What killed writers have left behind in the folder is removed.
 *
 * @param verb what is being done, for the sentence
 * @param follow `false`: a link makes room for the file, since the name is of our own making and the link is not
 * @throws {FetchError} the file can't be written; what was there is untouched
 */
export async function writeWhole(
  path: string,
  content: Uint8Array,
  verb: string,
  follow = true,
): Promise<void> {
  try {
    await replaceFile(path, content, follow)
  } catch (cause) {
    throw new FetchError({ method: verb, url: path, phase: 'write', ...factsOfWriting(cause) })
  }
}

/** The same, for who has words of its own. @throws the error of the system */
export async function replaceFile(path: string, content: Uint8Array, follow = true): Promise<void> {
  const place = follow ? await placeOf(path) : path
  // Once more where somebody else took the draft for abandoned.
  if (!(await tryWrite(place, content, true))) await tryWrite(place, content, false)
  await removeAbandoned(dirname(place))
}

/** @returns whether it is there; `false`, where `mayMiss`, when the draft was gone before it was moved */
async function tryWrite(place: string, content: Uint8Array, mayMiss: boolean): Promise<boolean> {
  const name = formatDraftName({ host: host(), pid: process.pid }, randomBytes(8).toString('hex'))
  const draft = join(dirname(place), name)
  let isWritten = false
  try {
    const handle = await open(draft, 'wx', OWNER_ONLY)
    try {
      await handle.writeFile(content)
      // Else a power cut might leave an empty file in the place of the old one.
      await handle.sync()
    } finally {
      await handle.close()
    }
    isWritten = true
    await rename(draft, place)
    return true
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    if (isWritten && mayMiss && codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Removes drafts that nobody writes any more. Never rejects: whoever comes next will try again. */
async function removeAbandoned(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      const writer = parseDraftName(name)
      if (writer === undefined) continue
      const path = join(folder, name)
      const age = Date.now() - (await lstat(path)).mtimeMs
      if (isAbandoned(writer, host(), isAlive, age)) await rm(path, { force: true })
    }
  } catch {
    // Another writer was there first, or the folder can be written to and not be listed.
  }
}

function host(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}

/** Where it is not known, as for a process of somebody else, it is alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

/**
 * Where the bytes of a path lie, or are to lie: behind its links, also where the last one leads to nothing yet.
 *
 * @throws what is there and is no file: `EISDIR` for a folder; `ERR_INVALID_ARG_VALUE` for what no disk can keep as a name
 */
export async function placeOf(path: string): Promise<string> {
  // Node would write another character in its place, and so another file.
  if (/\p{Surrogate}/u.test(path))
    throw refusal('ERR_INVALID_ARG_VALUE', 'its name has half a character in it')
  let place = resolve(path)
  for (let links = 0; links < MOST_LINKS; links++) {
    const target = await readlink(place).catch(() => undefined)
    if (target === undefined) {
      await checkPlace(place)
      return place
    }
    place = resolve(dirname(place), target)
  }
  throw refusal('ELOOP', 'its links lead in a circle')
}

async function checkPlace(place: string): Promise<void> {
  const there = await stat(place).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (there === undefined || there.isFile()) return
  throw there.isDirectory()
    ? refusal('EISDIR', 'it is a folder')
    : refusal('ERR_UNSUPPORTED', 'it is no regular file')
}

/** What we say no to ourselves, with a code of the system and words of our own. */
export function refusal(code: string, reason: string): Error {
  return Object.assign(new Error(reason), { code, reason })
}
