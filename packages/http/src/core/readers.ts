/**
 * The readers: functions that look at bytes and say what they are. They hold nothing between calls except
 * what the caller passes in; `message-reader.ts` decides which reader is next.
 *
 * How a head is read. One pass over the bytes where they lie, with a table of byte classes; no string is
 * made until the empty line has been seen, and then one for the whole head. During the pass six fields
 * are recognised by length and letters, and their places noted in a reused array; everything else is cut
 * out later, if ever.
 *
 * How a head that arrives in pieces is read. A line is judged when its LF is there, whether the pieces
 * were single bytes or the whole head came at once, so that the verdict never depends on how the network
 * cut the stream. A reader that meets the end of the bytes says INCOMPLETE and where the unfinished line
 * began; the next call goes on from there.
 *
 * Where RFC 9112 leaves a choice, the strict one is taken, since each lenient one has been used to make
 * two parsers disagree: bare LF and bare CR as line ends (§2.2), white space before the colon (§5.1),
 * folded lines in requests (§5.2), several spaces in a request line (§3).
 */
import { FIELD_BYTE, HEX_VALUE, TARGET_BYTE, TCHAR } from './abnf.ts'
import { ProtocolError } from './errors.ts'
import { KNOWN } from './field-block.ts'

const CR = 0x0d
const LF = 0x0a
const SP = 0x20
const TAB = 0x09
const COLON = 0x3a
const SLASH = 0x2f

/** The bytes ended before the line did. */
export const INCOMPLETE = -1

/** Places in the scratch array after those of the known fields. */
export const AT = {
  /** Where the unfinished line began, counted from the start of the message. */
  line: 18,
  /** How many field lines were read. */
  count: 19,
  /** 1 when a field line was folded. */
  folded: 20,
  /** The known field that a fold would continue, or -1. */
  last: 21,
  /** Where the method, the target, the reason phrase end or begin, and the minor version. */
  methodEnd: 22,
  targetEnd: 23,
  minor: 24,
  status: 25,
  reason: 26,
  /** Where a fault was found, counted from the start of the bytes. */
  fault: 27,
} as const

/** What the readers note. Shared by all connections: nothing in it outlives one call of a machine. */
export const SCRATCH: Int32Array = new Int32Array(28)

/** Makes the scratch array ready for a section. */
export function resetScratch(): void {
  SCRATCH.fill(0)
  SCRATCH[AT.last] = -1
}

/** The broken rules that a scan can find, as codes below those of INCOMPLETE. */
export const FAULT = {
  bareLf: -2,
  bareCr: -3,
  badName: -4,
  emptyName: -5,
  spaceBeforeColon: -6,
  noColon: -7,
  badValue: -8,
  folded: -9,
  firstLineFolded: -10,
  tooManyFields: -11,
  badMethod: -12,
  badTarget: -13,
  badRequestLine: -14,
  badVersion: -15,
  badStatusLine: -16,
  badStatus: -17,
  badReason: -18,
  otherMajor: -19,
} as const

/** What each says, and the status that a server answers with. */
const FAULTS: Readonly<Record<number, readonly [reason: string, statusHint: number]>> = {
  [FAULT.bareLf]: ['a line ends with a bare LF (RFC 9112 §2.2)', 400],
  [FAULT.bareCr]: ['a CR without LF (RFC 9112 §2.2)', 400],
  [FAULT.badName]: ['a field name is not a token (RFC 9110 §5.1)', 400],
  [FAULT.emptyName]: ['a field name is empty (RFC 9112 §5)', 400],
  [FAULT.spaceBeforeColon]: ['white space between field name and colon (RFC 9112 §5.1)', 400],
  [FAULT.noColon]: ['a field line has no colon (RFC 9112 §5)', 400],
  [FAULT.badValue]: ['a control character in a field value (RFC 9110 §5.5)', 400],
  [FAULT.folded]: ['a folded field line (RFC 9112 §5.2)', 400],
  [FAULT.firstLineFolded]: ['white space before the first field line (RFC 9112 §2.2)', 400],
  [FAULT.tooManyFields]: ['too many field lines', 431],
  [FAULT.badMethod]: ['the method is not a token (RFC 9112 §3.1)', 400],
  [FAULT.badTarget]: [
    'the request target holds a character that no target has (RFC 9112 §3.2)',
    400,
  ],
  [FAULT.badRequestLine]: [
    'the request line is not method, target and version with one space between (RFC 9112 §3)',
    400,
  ],
  [FAULT.badVersion]: ['the version is not HTTP/1.x (RFC 9112 §2.3)', 400],
  [FAULT.badStatusLine]: ['the status line is not version, status and reason (RFC 9112 §4)', 400],
  [FAULT.badStatus]: ['the status is not three digits from 100 up (RFC 9112 §4)', 400],
  [FAULT.badReason]: ['a control character in the reason phrase (RFC 9112 §4)', 400],
  [FAULT.otherMajor]: ['this major version of HTTP is not spoken here (RFC 9110 §15.6.6)', 505],
}

/** @throws the `ProtocolError` of a fault code, always; `phase` is `body` for the lines of trailers */
export function raise(fault: number, phase: 'headers' | 'body' = 'headers'): never {
  const [reason, statusHint] = FAULTS[fault] ?? ['a broken message', 400]
  const code = fault === FAULT.tooManyFields ? 'ERR_TOO_LONG' : 'ERR_PROTOCOL'
  throw new ProtocolError({ reason, statusHint, phase, code })
}

/** Notes where a fault was found, so that the caller can see whether its line is complete. */
function found(fault: number, at: number): number {
  SCRATCH[AT.fault] = at
  return fault
}

/**
 * Reads a request line: `method SP target SP HTTP/1.x CRLF`.
 *
 * @returns where the line after it begins, INCOMPLETE, or a fault
 */
export function readRequestLine(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && TCHAR[bytes[at] as number] === 1) at++
  if (at === end) return INCOMPLETE
  if (bytes[at] !== SP)
    return found(bytes[at] === LF || bytes[at] === CR ? FAULT.badRequestLine : FAULT.badMethod, at)
  if (at === from) return found(FAULT.badRequestLine, at)
  SCRATCH[AT.methodEnd] = at - from
  const target = ++at
  while (at < end && TARGET_BYTE[bytes[at] as number] === 1) at++
  if (at === end) return INCOMPLETE
  if (bytes[at] !== SP)
    return found(bytes[at] === LF || bytes[at] === CR ? FAULT.badRequestLine : FAULT.badTarget, at)
  if (at === target) return found(FAULT.badRequestLine, at)
  SCRATCH[AT.targetEnd] = at - from
  at = readVersion(bytes, at + 1, end)
  return at < 0 ? at : readLineEnd(bytes, at, end)
}

/**
 * Reads a status line: `HTTP/1.x SP status SP [reason] CRLF`. The SP after the status may be missing with
 * the reason, as many servers send it.
 */
export function readStatusLine(bytes: Uint8Array, from: number, end: number): number {
  let at = readVersion(bytes, from, end)
  if (at < 0) return at
  if (at === end) return INCOMPLETE
  if (bytes[at] !== SP) return found(FAULT.badStatusLine, at)
  if (end - at < 5) return shortLine(bytes, at, end, FAULT.badStatus)
  const status = digit(bytes[at + 1]) * 100 + digit(bytes[at + 2]) * 10 + digit(bytes[at + 3])
  if (!(status >= 100 && status < 1000)) return found(FAULT.badStatus, at)
  SCRATCH[AT.status] = status
  at += 4
  if (bytes[at] !== SP) {
    SCRATCH[AT.reason] = at - from
    return bytes[at] === CR
      ? readLineEnd(bytes, at, end)
      : found(bytes[at] === LF ? FAULT.bareLf : FAULT.badStatus, at)
  }
  at++
  SCRATCH[AT.reason] = at - from
  while (at < end && FIELD_BYTE[bytes[at] as number] === 1) at++
  if (at === end) return INCOMPLETE
  if (bytes[at] !== CR) return found(bytes[at] === LF ? FAULT.bareLf : FAULT.badReason, at)
  return readLineEnd(bytes, at, end)
}

/** NaN for what is not a digit, which no comparison lets through. */
function digit(byte: number | undefined): number {
  const value = (byte as number) - 0x30
  return value >= 0 && value <= 9 ? value : Number.NaN
}

// RFC 9112 §2.3: HTTP-version = %s"HTTP" "/" DIGIT "." DIGIT
function readVersion(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 8) return shortLine(bytes, at, end, FAULT.badVersion)
  if (
    bytes[at] !== 0x48 ||
    bytes[at + 1] !== 0x54 ||
    bytes[at + 2] !== 0x54 ||
    bytes[at + 3] !== 0x50 ||
    bytes[at + 4] !== SLASH ||
    bytes[at + 6] !== 0x2e
  )
    return found(FAULT.badVersion, at)
  const major = digit(bytes[at + 5])
  const minor = digit(bytes[at + 7])
  if (Number.isNaN(major) || Number.isNaN(minor)) return found(FAULT.badVersion, at)
  if (major !== 1) return found(FAULT.otherMajor, at)
  SCRATCH[AT.minor] = minor
  return at + 8
}

/** Too few bytes for what has to be here: a fault if the line ends among them. */
function shortLine(bytes: Uint8Array, at: number, end: number, fault: number): number {
  for (let i = at; i < end; i++) if (bytes[i] === LF) return found(fault, at)
  return INCOMPLETE
}

function readLineEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at === end) return INCOMPLETE
  if (bytes[at] !== CR) return found(bytes[at] === LF ? FAULT.bareLf : FAULT.badVersion, at)
  if (at + 1 === end) return INCOMPLETE
  return bytes[at + 1] === LF ? at + 2 : found(FAULT.bareCr, at + 1)
}

/**
 * Reads field lines up to and including the empty line.
 *
 * @param from where to go on: the first line, or the one that was unfinished
 * @param base where the message begins; places are noted relative to it
 * @param foldable whether a folded line is noted (responses, §5.2) rather than refused (requests)
 * @param max most field lines
 * @returns where the bytes after the section begin, INCOMPLETE, or a fault
 */
export function readFields(
  bytes: Uint8Array,
  from: number,
  end: number,
  base: number,
  foldable: boolean,
  max: number,
): number {
  let at = from
  let count = SCRATCH[AT.count] as number
  const view = viewOf(bytes)
  const shift = bytes.byteOffset
  for (;;) {
    const line = at
    SCRATCH[AT.line] = line - base
    SCRATCH[AT.count] = count
    if (at === end) return INCOMPLETE
    const first = bytes[at] as number
    if (first === CR) {
      if (at + 1 === end) return INCOMPLETE
      return bytes[at + 1] === LF ? at + 2 : found(FAULT.bareCr, at + 1)
    }
    at = skipToken(bytes, at, end)
    if (at === end) return INCOMPLETE
    if (bytes[at] !== COLON) {
      if (first !== SP && first !== TAB) return nameFault(bytes, at, end)
      if (!foldable || count === 0)
        return found(count === 0 ? FAULT.firstLineFolded : FAULT.folded, at)
      at = readFold(bytes, at, end, base)
      if (at < 0) return at
      continue
    }
    if (at === line) return found(FAULT.emptyName, at)
    const nameEnd = at
    at = skipValue(bytes, at + 1, end, view, shift)
    if (at === end) return INCOMPLETE
    if (bytes[at] !== CR) return found(bytes[at] === LF ? FAULT.bareLf : FAULT.badValue, at)
    if (at + 1 === end) return INCOMPLETE
    if (bytes[at + 1] !== LF) return found(FAULT.bareCr, at + 1)
    const slot = recognise(bytes, line, nameEnd - line)
    SCRATCH[AT.last] = slot
    if (slot !== -1) {
      // Most values have one space before them and none behind: those are cut once.
      SCRATCH[slot] = nameEnd + (bytes[nameEnd + 1] === SP ? 2 : 1) - base
      SCRATCH[slot + 1] = at - base
      SCRATCH[slot + 2] = (SCRATCH[slot + 2] as number) + 1
    }
    if (++count > max) return found(FAULT.tooManyFields, at)
    at += 2
  }
}

/** @returns where a token ends */
function skipToken(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && TCHAR[bytes[at] as number] === 1) at++
  return at
}

/**
 * Looks at four bytes at a time, since most of a head are values, and most of a value is plain text.
 *
 * A byte below 0x20 borrows from the bit above it when 0x20 is taken away, and one of 0x7f or more carries into it
 * when 1 is added. Which of the two a marked byte is, and whether it may stand in a value after all, is then looked
 * up; bytes above it may be marked for its sake, so that only the lowest mark counts.
 *
 * @param view of the memory in which the bytes lie, `shift` from its beginning
 * @returns where the bytes of a field value end
 */
function skipValue(
  bytes: Uint8Array,
  from: number,
  end: number,
  view: DataView,
  shift: number,
): number {
  let at = from
  while (at + 4 <= end) {
    const word = view.getInt32(shift + at, true)
    const marks = ((word - 0x20202020) | (word + 0x01010101)) & 0x80808080
    if (marks === 0) {
      at += 4
      continue
    }
    at += (31 - Math.clz32(marks & -marks)) >> 3
    if (FIELD_BYTE[bytes[at] as number] !== 1) return at
    at++
  }
  while (at < end && FIELD_BYTE[bytes[at] as number] === 1) at++
  return at
}

/** Larger memory is not held on to for the sake of the next head: twice what one read brings. */
const LARGEST_KEPT = 131_072
let lastBuffer: ArrayBufferLike | undefined
let lastView: DataView | undefined

/** A view of the memory in which the bytes lie: nearly always the one read buffer of the process. */
function viewOf({ buffer }: Uint8Array): DataView {
  if (buffer === lastBuffer) return lastView as DataView
  const view = new DataView(buffer)
  if (buffer.byteLength <= LARGEST_KEPT) {
    lastBuffer = buffer
    lastView = view
  }
  return view
}

/** Why a name is not followed by a colon. */
function nameFault(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at]
  if (byte === CR || byte === LF) return found(FAULT.noColon, at)
  if (byte !== SP && byte !== TAB) return found(FAULT.badName, at)
  let next = at
  while (next < end && (bytes[next] === SP || bytes[next] === TAB)) next++
  return found(bytes[next] === COLON ? FAULT.spaceBeforeColon : FAULT.badName, at)
}

/** A line that continues the one before: noted, and checked as a value. */
function readFold(bytes: Uint8Array, from: number, end: number, base: number): number {
  let at = from
  while (at < end && FIELD_BYTE[bytes[at] as number] === 1) at++
  if (at === end) return INCOMPLETE
  if (bytes[at] !== CR) return found(bytes[at] === LF ? FAULT.bareLf : FAULT.badValue, at)
  if (at + 1 === end) return INCOMPLETE
  if (bytes[at + 1] !== LF) return found(FAULT.bareCr, at + 1)
  SCRATCH[AT.folded] = 1
  const slot = SCRATCH[AT.last] as number
  if (slot !== -1) SCRATCH[slot + 1] = at - base
  return at + 2
}

const letters = (name: string): Uint8Array =>
  Uint8Array.from(name, (letter) => letter.charCodeAt(0))
const HOST = letters('host')
const EXPECT = letters('expect')
const UPGRADE = letters('upgrade')
const CONNECTION = letters('connection')
const CONTENT_LENGTH = letters('content-length')
const TRANSFER_ENCODING = letters('transfer-encoding')

/** @returns the place of a known field, or -1 */
function recognise(bytes: Uint8Array, at: number, length: number): number {
  switch (length) {
    case 4:
      return same(bytes, at, HOST) ? KNOWN.host : -1
    case 6:
      return same(bytes, at, EXPECT) ? KNOWN.expect : -1
    case 7:
      return same(bytes, at, UPGRADE) ? KNOWN.upgrade : -1
    case 10:
      return same(bytes, at, CONNECTION) ? KNOWN.connection : -1
    case 14:
      return same(bytes, at, CONTENT_LENGTH) ? KNOWN.contentLength : -1
    case 17:
      return same(bytes, at, TRANSFER_ENCODING) ? KNOWN.transferEncoding : -1
    default:
      return -1
  }
}

/** All bytes are token characters, so the bit that makes a letter small changes nothing else that matters. */
function same(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++)
    if (((bytes[at + i] as number) | 0x20) !== name[i]) return false
  return true
}

/**
 * Reads the digits of a chunk size (RFC 9112 §7.1: chunk-size = 1*HEXDIG).
 *
 * 16 digits are more than any size needs; more of them would be leading zeros, with which some parsers
 * overflow and others do not.
 *
 * @returns the size
 * @throws {ProtocolError} no digits, too many, or a size beyond what a number holds exactly
 */
export function readChunkSize(bytes: Uint8Array, from: number, end: number): number {
  let size = 0
  let at = from
  for (; at < end; at++) {
    const value = HEX_VALUE[bytes[at] as number] as number
    if (value === 0) break
    // The digit first: 2^53 and one more would be 2^53 again.
    size = size * 16 + (value - 1)
  }
  SCRATCH[AT.line] = at
  if (at === from)
    throw new ProtocolError({ reason: 'a chunk size is not a hexadecimal number', phase: 'body' })
  if (at - from > 16 || !Number.isSafeInteger(size))
    throw new ProtocolError({ reason: 'a chunk size is too large', phase: 'body', statusHint: 413 })
  return size
}
