// Format `ftp-list-line`: one line of a listing, and whether a reader of that system's dialect must take it for an entry.
import { type FtpDialect, parseFacts, parseListLine } from '../../packages/url/src/ftp.ts'
import type { Case, Verdict } from './corpus.ts'

/**
 * Dialects by the names that the cases have for systems. Windows and OS/400 can be told to write as Unix does. Enterprise
 * Unix has none here; its cases are all of lines that are not its own.
 */
const DIALECTS: Readonly<Record<string, readonly FtpDialect[]>> = {
  UNIX: ['unix'],
  'UNIX-ENTERPRISE': [],
  WINDOWS: ['dos', 'unix'],
  'OS/2': ['os2'],
  'OS/400': ['os400', 'unix'],
  MVS: ['mvs'],
  NETWARE: ['netware'],
  'MACOS-PETER': ['macos'],
}

/** @returns what is wrong, or `undefined` */
export function runFtpList(test: Case): Verdict {
  const { system, line, parses } = test as unknown as {
    system: string
    line: string
    parses: boolean
  }
  const now = new Date('2026-11-24T00:00:00Z')
  const entry =
    system === 'MLSD'
      ? parseFacts(line)
      : DIALECTS[system]?.map((dialect) => parseListLine(line, now, dialect)).find(Boolean)
  if (parses && entry === undefined) return 'is not read'
  return parses || entry === undefined ? undefined : `is read as ${JSON.stringify(entry.name)}`
}
