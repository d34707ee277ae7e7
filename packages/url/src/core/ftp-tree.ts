/**
 * Files and folders in memory, by the paths of a server: what the FTP server for tests has.
 */

/** A file. */
export interface TreeFile {
  bytes: Uint8Array
  modified: Date
}

/** Paths as they are: `/pub/a.txt`. */
export class FileTree {
  readonly #files = new Map<string, TreeFile>()
  readonly #folders = new Set<string>(['/'])

  file(path: string): TreeFile | undefined {
    return this.#files.get(path)
  }

  isFolder(path: string): boolean {
    return this.#folders.has(path)
  }

  /** Writes a file. @returns whether there is a folder for it */
  write(path: string, bytes: Uint8Array, modified: Date): boolean {
    if (!this.isFolder(parentOf(path)) || this.isFolder(path)) return false
    this.#files.set(path, { bytes, modified })
    return true
  }

  /** Makes a folder. */
  makeFolder(path: string): boolean {
    if (!this.isFolder(parentOf(path)) || this.isFolder(path) || this.#files.has(path)) return false
    this.#folders.add(path)
    return true
  }

  /** Makes a folder, and those above it. */
  makeFolders(path: string): void {
    if (path === '/') return
    this.makeFolders(parentOf(path))
    this.makeFolder(path)
  }

  remove(path: string): boolean {
    return this.#files.delete(path)
  }

  /** Removes a folder that is empty. */
  removeFolder(path: string): boolean {
    return path !== '/' && this.names(path)?.length === 0 && this.#folders.delete(path)
  }

  /** Gives a file another path, or a folder with all that is in it. */
  rename(from: string, to: string): boolean {
    const file = this.#files.get(from)
    if (file !== undefined)
      return this.write(to, file.bytes, file.modified) && this.#files.delete(from)
    if (from === '/' || !this.isFolder(from) || `${to}/`.startsWith(`${from}/`)) return false
    if (!this.makeFolder(to)) return false
    this.#folders.delete(from)
    const inside = (path: string): boolean => path.startsWith(`${from}/`)
    for (const path of [...this.#folders].filter(inside)) {
      this.#folders.delete(path)
      this.#folders.add(to + path.slice(from.length))
    }
    for (const [path, each] of [...this.#files].filter(([path]) => inside(path))) {
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), each)
    }
    return true
  }

  /** What is in a folder, sorted; `undefined` where there is none. */
  names(path: string): string[] | undefined {
    if (!this.isFolder(path)) return undefined
    const all = [...this.#files.keys(), ...this.#folders].filter(
      (each) => each !== '/' && parentOf(each) === path,
    )
    return all.map((each) => each.slice(each.lastIndexOf('/') + 1)).sort()
  }
}

function parentOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at <= 0 ? '/' : path.slice(0, at)
}

/** A path from a folder, `.` and `..` worked off: never above the root. */
export function resolvePath(folder: string, path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${folder}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
