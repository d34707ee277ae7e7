/**
 * Machine-readable listings: a line of MLSD or MLST, the one form of listing that is specified.
 *
 *     type=file;size=2364;modify=20130611170131;UNIX.mode=0664; RELEASE-NOTES.txt
 *
 * Rules it keeps:
 * - Facts end at the first space; everything behind it is the name, spaces and all (RFC 3659 §7.2).
 * - A time that is none makes the line none: this form is specified, and who breaks it there may break it anywhere. What
 *   else makes no sense is left out.
 */
import type { FtpEntry, FtpEntryType } from './ftp-list.ts'
import { parseFtpTime } from './ftp-time.ts'

const TYPES: Readonly<Record<string, FtpEntryType>> = {
  file: 'file',
  dir: 'dir',
  cdir: 'self',
  pdir: 'parent',
  'os.unix=symlink': 'link',
  'os.unix=slink': 'link',
}

/**
 * Reads a line of MLSD or MLST. Never throws.
 *
 * @param line without its end
 * @returns `undefined` for a line that has no name, facts that are none, or a time that is none
 * @see RFC 3659 §7.2, §7.5
 */
export function parseFacts(line: string): FtpEntry | undefined {
  // Some servers begin the reply to MLST with a space, and some the line of MLSD.
  const text = line.replace(/^ (?=[^ ]+=)/, '')
  const space = text.indexOf(' ')
  const name = text.slice(space + 1)
  if (space === -1 || name === '') return undefined
  const facts = new Map<string, string>()
  const section = text.slice(0, space)
  if (section !== '' && !section.endsWith(';')) return undefined
  for (const fact of section.split(';').slice(0, -1)) {
    const at = fact.indexOf('=')
    if (at < 1) return undefined
    facts.set(fact.slice(0, at).toLowerCase(), fact.slice(at + 1))
  }
  const modify = facts.get('modify')
  if (modify !== undefined && parseFtpTime(modify) === undefined) return undefined
  return entryOf(name, facts, line)
}

function entryOf(name: string, facts: ReadonlyMap<string, string>, line: string): FtpEntry {
  const [, kind, target] =
    /^(os\.unix=s(?:ym)?link)(?::(.*))?$/i.exec(facts.get('type') ?? '') ?? []
  const type = (kind ?? facts.get('type') ?? '').toLowerCase()
  const digits = facts.get('size') ?? facts.get('sizd') ?? ''
  const mode = facts.get('unix.mode') ?? ''
  const modified = parseFtpTime(facts.get('modify') ?? '')
  return {
    name,
    type: Object.hasOwn(TYPES, type) ? (TYPES[type] as FtpEntryType) : 'other',
    size: /^[0-9]{1,15}$/.test(digits) ? Number(digits) : undefined,
    modified,
    isModifiedExact: modified !== undefined,
    target: target === undefined || target === '' ? undefined : target,
    mode: /^[0-7]{3,6}$/.test(mode) ? Number.parseInt(mode, 8) & 0o7777 : undefined,
    owner: facts.get('unix.ownername') ?? facts.get('unix.owner'),
    group: facts.get('unix.groupname') ?? facts.get('unix.group'),
    facts,
    line,
  }
}
