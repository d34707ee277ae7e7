/**
 * Small files that were served lately, in memory. A file is asked for its date at every request, so that what is sent is
 * what lies on the disk; what is saved is to find, open, read and close it.
 *
 * Rules it keeps:
 * - A file counts as the same one if device, inode, size and both dates are the same. The date of the last change of state
 *   (ctime) can't be set back by anybody.
 * - A file that was changed a moment ago is not kept: clocks of file systems tick in milliseconds, and what is written within
 *   one tick looks the same.
 * - Memory is bounded; what was not asked for the longest goes first.
 */
import type { Stats } from 'node:fs'

/** A file that lies in the folder, and its bytes where they are at hand. */
export interface FoundFile {
  /** The path as it was asked for. */
  readonly place: string
  /** The same without links. */
  readonly path: string
  readonly stats: Stats
  readonly bytes?: Uint8Array | undefined
}

type WholeFile = FoundFile & { readonly bytes: Uint8Array }

/** Larger files cost more to keep than to read. */
export const SMALL_FILE = 65_536
/** Milliseconds that a file has to lie still; two seconds are the coarsest clock of a file system (FAT). */
const STILL = 2_500

/** Keeps small files. */
export class FileCache {
  readonly #most: number
  readonly #files = new Map<string, WholeFile>()
  #size = 0

  /** @param most bytes of all files together; 0 keeps none */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * @param place the path as it was asked for
   * @param stats what the system says of it now, links followed
   * @returns the file with its bytes, where it is the one that is kept
   */
  find(place: string, stats: Stats): FoundFile | undefined {
    const file = this.#files.get(place)
    if (file === undefined) return undefined
    this.#drop(place)
    if (!isSame(file.stats, stats)) return undefined
    this.#keep(file)
    return file
  }

  /** Whether something is kept for this path: then it is worth asking the system for its dates. */
  has(place: string): boolean {
    return this.#files.has(place)
  }

  /** @param now the time, as the file system has it */
  add(file: WholeFile, now: number): void {
    const { size, mtimeMs, ctimeMs } = file.stats
    if (size > this.#most || now - Math.max(mtimeMs, ctimeMs) < STILL) return
    this.#drop(file.place)
    this.#keep(file)
    for (const oldest of this.#files.keys()) {
      if (this.#size <= this.#most) return
      this.#drop(oldest)
    }
  }

  #keep(file: WholeFile): void {
    this.#files.set(file.place, file)
    this.#size += file.bytes.length
  }

  #drop(place: string): void {
    const file = this.#files.get(place)
    if (file === undefined) return
    this.#files.delete(place)
    this.#size -= file.bytes.length
  }
}

/** Whether it is the same file, and nobody has touched it. */
export function isSame(a: Stats, b: Stats): boolean {
  return (
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs
  )
}
