// Folders that do not outlive the program, however it ends: at its end, by process.exit() in a signal handler, by
// an error that nobody catches.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Makes a folder for as long as somebody uses it.
 *
 * @param prefix how its name begins
 * @param use gets its path; once it has settled, or the program ends, the folder is gone
 * @returns what `use` gives; rejects as it does
 */
export async function withFolder<T>(prefix: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), prefix))
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    return await use(path)
  } finally {
    process.off('exit', remove)
    remove()
  }
}
