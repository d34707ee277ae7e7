// What could be left of a run besides processes: sockets that are open, files.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'

/** How folders of the tour are called. */
export const FOLDER = 'sluice-tour-'

/** What is there at one moment; compare two. */
export interface Leftovers {
  /** Our own input and output may be pipes, which look like Unix sockets: only the difference tells. */
  sockets: number
  files: number
}

/** Counts what is there now. */
export function leftovers(): Leftovers {
  const handles = process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|UDP|Pipe|Server/.test(name))
  const files = readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER))
  return { sockets: handles.length, files: files.length }
}
