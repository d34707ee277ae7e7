/**
 * Times as FTP writes them in MDTM, MFMT and MLSx: `20261125065900.123`, in UTC.
 *
 * @see RFC 3659 §2.3
 */

/**
 * Reads a time.
 *
 * @returns `undefined` for a time that there is not; some servers send one for folders
 * @example parseFtpTime('19980615100045.014') // 1998-06-15T10:00:45.014Z
 */
export function parseFtpTime(text: string): Date | undefined {
  const found =
    /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{1,9}))?$/.exec(text)
  if (found === null) return undefined
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as Six
  const fraction = Number((found[7] ?? '').padEnd(3, '0').slice(0, 3))
  // 60 is a leap second; what follows it begins at the same moment.
  const time = new Date(
    Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59), fraction),
  )
  const isReal = time.getUTCMonth() === month - 1 && time.getUTCDate() === day
  return isReal && hour < 24 && minute < 60 && second <= 60 ? time : undefined
}

type Six = [number, number, number, number, number, number]

/** Writes a time, to the second. @throws {RangeError} for an invalid Date, or a year of more than four digits */
export function formatFtpTime(time: Date): string {
  const text = time.toISOString()
  if (text.length > 24) throw new RangeError(`${text} has no four-digit year`)
  return text.slice(0, 19).replace(/[-:T]/g, '')
}
