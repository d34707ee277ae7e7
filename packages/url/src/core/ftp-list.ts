/**
 * Listings as servers have always written them for people: one pattern for each family of servers.
 *
 *     drwxr-xr-x   2 root  root       4096 Aug 24  2001 pub            unix
 *     05-26-95  10:57AM             143712 $LDR$                       dos
 *     QPGMR          135168 04/03/18 13:18:19 *STMF      readme        os400
 *
 * Rules it keeps:
 * - A line is an entry or it is not: what no pattern knows is given back as unread, never guessed at.
 * - A time without a year is the last such time before `now`, a day of clock skew allowed. It is local to the server, whose
 *   zone nobody knows: it is read as UTC, and `isModifiedExact` is false.
 * - What is specified is read in `ftp-facts.ts`.
 */

/** What an entry is. `self` and `parent` are the folder that is listed and the one above it. */
export type FtpEntryType = 'file' | 'dir' | 'link' | 'self' | 'parent' | 'other'

/** One entry of a listing. */
export interface FtpEntry {
  /** Its name, as the server wrote it: not to be trusted as a path of our own. */
  readonly name: string
  /** What it is; `other` for devices and what is not known. */
  readonly type: FtpEntryType
  /** Bytes, where the server says. */
  readonly size: number | undefined
  /** When it was changed. */
  readonly modified: Date | undefined
  /** Whether `modified` is UTC and to the second. Listings for people tell minutes or days, by the server's own clock. */
  readonly isModifiedExact: boolean
  /** Where a link leads. */
  readonly target: string | undefined
  /** The permissions of Unix, `0o644`. */
  readonly mode: number | undefined
  /** Whose it is, by name or number. */
  readonly owner: string | undefined
  /** Whose group it belongs to, by name or number. */
  readonly group: string | undefined
  /** Every fact of a machine-readable listing, names in small letters; else empty. */
  readonly facts: ReadonlyMap<string, string>
  /** The line as it came. */
  readonly line: string
}

/** The families of servers, by what they run on. */
export type FtpDialect = 'unix' | 'dos' | 'macos' | 'netware' | 'os2' | 'os400' | 'mvs'

/** What of a line is found out; the rest is `undefined`. */
type Found = Partial<Omit<FtpEntry, 'line' | 'facts'>> & { name: string }
type Groups = Record<string, string | undefined>

interface Dialect {
  readonly patterns: readonly RegExp[]
  /** @returns `undefined` where the line fits and still makes no sense */
  read(groups: Groups, now: Date): Found | undefined
}

const MONTHS = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'
/** `Aug 24  2001`, `Mar  2 15:13`, and the same with the day first, as some servers have it. */
const UNIX_DATE = `(?:(?<month>${MONTHS}) +(?<day>\\d{1,2})|(?<day2>\\d{1,2}) +(?<month2>${MONTHS})) +(?<at>\\d{4}|\\d{1,2}:\\d{2})`
const JAPANESE_DATE = '(?<jmonth>\\d{1,2})月 +(?<jday>\\d{1,2})日 +(?<jyear>\\d{4})年'
const ISO_DATE =
  '(?<date>\\d{4}-\\d{2}-\\d{2}) (?<at>\\d{2}:\\d{2})(?::\\d{2}(?:\\.\\d+)?)?(?: [+-]\\d{4})?'
const MODE = '(?<type>[bcdlfmpsD-])(?<mode>[r-][w-][xsSLl-][r-][w-][xsSLl-][r-][w-][xtTsS-])[.+@]?'

const DIALECTS: Readonly<Record<FtpDialect, Dialect>> = {
  unix: {
    patterns: [UNIX_DATE, JAPANESE_DATE, ISO_DATE].map(
      (date) =>
        // An owner and a group, or one of them, or, with spaces in them, both as they are. A group does not end in a space: where
        // it ended within many of them, each would be tried with all the others.
        new RegExp(
          `^${MODE} +\\d+ +(?:(?<owner>\\S+) +(?:(?<group>\\S(?:.*?\\S)??) +)?)?(?:\\d+, +)?(?<size>\\d+) +${date} (?<name>.+)$`,
          'i',
        ),
    ),
    read: readUnix,
  },
  macos: {
    patterns: [
      // Sizes of the resource and the data fork, then their sum.
      new RegExp(`^${MODE} +(?:\\d+ +\\d+|folder) +(?<size>\\d+) +${UNIX_DATE} (?<name>.+)$`, 'i'),
    ],
    read: readUnix,
  },
  dos: {
    patterns: [
      /^(?<month>\d{2})-(?<day>\d{2})-(?<year>\d{2}|\d{4}) +(?<hour>\d{1,2}):(?<minute>\d{2}) ?(?<half>[AP]M?)? +(?:(?<dir><DIR>|<JUNCTION>|<SYMLINKD?>)|(?<size>[\d,]+)) +(?<name>.+)$/i,
    ],
    read: readDos,
  },
  os2: {
    patterns: [
      /^ *(?<size>\d+) +(?:(?:[A-Z]+ +)?(?<dir>DIR)|[A-Z]*) +(?<month>\d{2})-(?<day>\d{2})-(?<year>\d{2}|\d{4}) +(?<hour>\d{2}):(?<minute>\d{2}) +(?<name>.+)$/,
    ],
    read: readDos,
  },
  netware: {
    patterns: [
      new RegExp(
        `^(?<type>[d-]) \\[[A-Z-]+\\] +(?<owner>\\S+) +(?<size>\\d+) +${UNIX_DATE} +(?<name>.+)$`,
        'i',
      ),
    ],
    read: readUnix,
  },
  os400: {
    patterns: [
      /^(?<owner>\S+) +(?:(?<size>\d+) +(?<year>\d{2})\/(?<month>\d{2})\/(?<day>\d{2}) (?<hour>\d{2}):(?<minute>\d{2}):\d{2} +(?<kind>\*(?!MEM)\S+)|(?<member>\*MEM)) +(?<name>\S.*)$/,
    ],
    read: readOs400,
  },
  mvs: {
    patterns: [
      /^\S+ +\S+ +(?<year>\d{4})\/(?<month>\d{2})\/(?<day>\d{2}) +\d+ +\d+ +[A-Z]+ +\d+ +\d+ +(?<org>PS|PO|PO-E|VS|DA) +(?<name>\S+)$/,
      /^(?:Migrated|ARCIVE Not Direct Access Device) +(?<name>\S+)$/,
      // Members of a library, and jobs.
      /^(?<name>\S+) +\d{2}\.\d{2} +\d{4}\/\d{2}\/\d{2} +(?<year>\d{4})\/(?<month>\d{2})\/(?<day>\d{2}) +(?<hour>\d{2}):(?<minute>\d{2}) +\d+ +\d+ +\d+ +\S+$/,
      // A member that nobody keeps statistics of stands alone in its column.
      /^(?<name>[A-Z$#@][A-Z0-9$#@]{0,7}) {16,}$/,
      /^(?:\S+) +(?<name>(?:JOB|TSU|STC)\d+) +(?:\S+ +)*\d+ spool files$/i,
    ],
    read: readMvs,
  },
}

const NAMES = Object.keys(DIALECTS) as FtpDialect[]

/**
 * Reads one line of LIST. Never throws.
 *
 * @param line without its end
 * @param now for times without a year
 * @param dialect default: the first that knows the line
 * @returns `undefined` for a line that is no entry, such as `total 12`
 * @see RFC 959 §4.1.3 (LIST), which says nothing about the form
 * @example parseListLine('-rw-r--r-- 1 ftp ftp 6 Nov 25 06:59 a.txt', new Date())?.size // 6
 */
export function parseListLine(line: string, now: Date, dialect?: FtpDialect): FtpEntry | undefined {
  for (const name of dialect === undefined ? NAMES : [dialect]) {
    const { patterns, read } = DIALECTS[name]
    for (const pattern of patterns) {
      const groups = pattern.exec(line)?.groups
      const found = groups === undefined ? undefined : read(groups, now)
      if (found !== undefined && found.name !== '') return { ...EMPTY, ...found, line }
    }
  }
  return undefined
}

const EMPTY: Omit<FtpEntry, 'name' | 'line'> = {
  type: 'file',
  size: undefined,
  modified: undefined,
  isModifiedExact: false,
  target: undefined,
  mode: undefined,
  owner: undefined,
  group: undefined,
  facts: new Map(),
}

/** Bytes; a number that no number holds exactly is none. */
function sizeOf(digits: string | undefined): number | undefined {
  const size = Number(digits)
  return digits !== undefined && Number.isSafeInteger(size) ? size : undefined
}

function readUnix(groups: Groups, now: Date): Found | undefined {
  const modified = unixTime(groups, now)
  if (modified === undefined) return undefined
  const { owner, group, size } = groups
  const type = typeOf(groups['type'] as string)
  const [name, target] = type === 'link' ? splitLink(groups['name'] as string) : [groups['name']]
  return {
    name: name as string,
    type: name === '.' ? 'self' : name === '..' ? 'parent' : type,
    size: sizeOf(size),
    modified,
    target,
    mode: groups['mode'] === undefined ? undefined : modeOf(groups['mode']),
    owner,
    group,
  }
}

function typeOf(letter: string): FtpEntryType {
  if (letter === 'd' || letter === 'D') return 'dir'
  if (letter === 'l') return 'link'
  return letter === '-' || letter === 'f' ? 'file' : 'other'
}

function splitLink(text: string): [name: string, target: string | undefined] {
  const at = text.indexOf(' -> ')
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 4)]
}

/** `rwsr-xr-t` as 0o5755. */
function modeOf(text: string): number {
  let mode = 0
  for (const [at, letter] of [...text].entries()) {
    if (/[rwxst]/.test(letter)) mode |= 0o400 >> at
    if (/[stST]/.test(letter)) mode |= 0o4000 >> Math.floor(at / 3)
  }
  return mode
}

function unixTime(groups: Groups, now: Date): Date | undefined {
  const { jyear, date, at = '' } = groups
  if (jyear !== undefined)
    return time(Number(jyear), Number(groups['jmonth']), Number(groups['jday']))
  const [hour = 0, minute = 0] = at.includes(':') ? at.split(':').map(Number) : []
  if (date !== undefined) {
    const [year, month, day] = date.split('-').map(Number) as [number, number, number]
    return time(year, month, day, hour, minute)
  }
  const name = (groups['month'] ?? groups['month2'] ?? '').toLowerCase()
  const month = MONTHS.split('|').indexOf(name) + 1
  const day = Number(groups['day'] ?? groups['day2'])
  if (!at.includes(':')) return time(Number(at), month, day)
  const year = now.getUTCFullYear()
  // 29 February may not be in this year at all.
  const candidates = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((back) =>
    time(year - back, month, day, hour, minute),
  )
  return candidates.find((found) => found !== undefined && found.getTime() <= now.getTime() + DAY)
}

const DAY = 86_400_000

/** @returns `undefined` for a moment that there is not */
function time(year: number, month: number, day: number, hour = 0, minute = 0): Date | undefined {
  const found = new Date(Date.UTC(year, month - 1, day, hour, minute))
  const isReal = found.getUTCMonth() === month - 1 && found.getUTCDate() === day
  return isReal && hour < 24 && minute < 60 ? found : undefined
}

function numericTime(groups: Groups): Date | undefined {
  const [year, month, day, hour, minute] = ['year', 'month', 'day', 'hour', 'minute'].map((name) =>
    Number(groups[name] ?? 0),
  ) as [number, number, number, number, number]
  const half = groups['half']?.[0]?.toUpperCase()
  const clock = half === undefined ? hour : (hour % 12) + (half === 'P' ? 12 : 0)
  // Two digits, as IIS and OS/2 write them: FTP is from 1971.
  const whole = year >= 100 ? year : year < 70 ? 2000 + year : 1900 + year
  return time(whole, month, day, clock, minute)
}

function readDos(groups: Groups): Found | undefined {
  const modified = numericTime(groups)
  if (modified === undefined) return undefined
  const { dir, size } = groups
  const link = dir !== undefined && /LINK|JUNCTION/i.test(dir)
  return {
    name: groups['name'] as string,
    type: link ? 'link' : dir === undefined ? 'file' : 'dir',
    size: dir === undefined ? sizeOf(size?.replaceAll(',', '')) : undefined,
    modified,
  }
}

function readOs400(groups: Groups): Found | undefined {
  const name = groups['name'] as string
  const { owner, kind } = groups
  if (kind === undefined) return { name, owner }
  const modified = numericTime(groups)
  if (modified === undefined) return undefined
  const isFolder = name.endsWith('/') || kind === '*DIR' || kind === '*LIB'
  return {
    name: name.replace(/\/$/, ''),
    type: isFolder ? 'dir' : 'file',
    size: sizeOf(groups['size']),
    modified,
    owner,
  }
}

function readMvs(groups: Groups): Found | undefined {
  const name = groups['name'] as string
  const type = groups['org']?.startsWith('PO') ? 'dir' : 'file'
  if (groups['year'] === undefined) return { name, type }
  const modified = numericTime(groups)
  return modified === undefined ? undefined : { name, type, modified }
}
