/**
 * A file that is there whole, or as it was before: written beside its place under another name, and moved there once
 * the disk has it. Whoever is killed in the middle leaves the old one.
 */
import { randomBytes } from 'node:crypto'
import { open, readlink, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { FetchError } from '../core/errors.ts'

/** Only for who runs the program: what is written may hold secrets. */
const OWNER_ONLY = 0o600
/** As many links as Linux follows. */
const MOST_LINKS = 40

/**
 * Writes a file in one step. A link is followed, so that it stays one; a folder or another thing in its place is refused.
 *
 * @param verb what is being done, for the sentence
 * @throws {FetchError} the file can't be written; what was there is untouched
 */
export async function writeWhole(path: string, content: Uint8Array, verb: string): Promise<void> {
  try {
    const place = await placeOf(path)
    const draft = join(dirname(place), `.${randomBytes(8).toString('hex')}.tmp`)
    try {
      const handle = await open(draft, 'wx', OWNER_ONLY)
      try {
        await handle.writeFile(content)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(draft, place)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  } catch (cause) {
    throw new FetchError({ method: verb, url: path, phase: 'write', cause })
  }
}

/**
 * Where the bytes of a path lie, or are to lie: behind its links, also where the last one leads to nothing yet.
 *
 * @throws what is there and is no file: `EISDIR` for a folder
 */
export async function placeOf(path: string): Promise<string> {
  let place = resolve(path)
  for (let links = 0; links < MOST_LINKS; links++) {
    const target = await readlink(place).catch(() => undefined)
    if (target === undefined) {
      await checkPlace(place)
      return place
    }
    place = resolve(dirname(place), target)
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
}

async function checkPlace(place: string): Promise<void> {
  const there = await stat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (there === undefined || there.isFile()) return
  const code = there.isDirectory() ? 'EISDIR' : 'ERR_UNSUPPORTED'
  throw Object.assign(new Error('not a regular file'), { code })
}
