/** Python's `email.utils`, as far as it is about dates: what its `http.server` writes and reads them with. */
import { bind, builtins, type Call } from '@sluice/socket/python'
import { formatMailDate, formatOffset, type MailDate, parseMailDate } from '../../core/mail-date.ts'

/** Year, month, day, hour, minute, second, and three that nobody fills. */
type TimeTuple = number[]

function read(name: string, args: unknown[]): MailDate | undefined {
  const data = bind(name, ['data'], args)['data']
  return data == null ? undefined : parseMailDate(String(data))
}

/** A date as nine numbers; null for what is none. */
export function parsedate(...args: [data: string | null]): TimeTuple | null {
  const date = read('parsedate', args)
  return date === undefined ? null : tupleOf(date)
}

/** The same with a tenth: seconds east of UTC, 0 where the date does not say. */
export function parsedate_tz(...args: [data: string | null]): TimeTuple | null {
  const date = read('parsedate_tz', args)
  return date === undefined ? null : [...tupleOf(date), date.offset ?? 0]
}

function tupleOf({ year, month, day, hour, minute, second }: MailDate): TimeTuple {
  return [year, month, day, hour, minute, second, 0, 1, -1]
}

/** A date as a moment; one without a zone is read as UTC. @throws {ValueError} it is none, or not in the calendar */
export function parsedate_to_datetime(...args: [data: string]): Date {
  const date = read('parsedate_to_datetime', args)
  if (date === undefined)
    throw new builtins.ValueError(`Invalid date value or format "${String(args[0])}"`)
  const { year, month, day, hour, minute, second, offset = 0 } = date
  const within = (name: string, value: number, [low, high]: readonly [number, number]): void => {
    if (value < low || value > high)
      throw new builtins.ValueError(
        name === 'year' ? `year ${value} is out of range` : `${name} must be in ${low}..${high}`,
      )
  }
  within('year', year, [1, 9999])
  const moment = new Date(0)
  moment.setUTCFullYear(year, month - 1, day)
  if (day < 1 || moment.getUTCMonth() !== month - 1)
    throw new builtins.ValueError('day is out of range for month')
  within('hour', hour, [0, 23])
  within('minute', minute, [0, 59])
  within('second', second, [0, 59])
  if (Math.abs(offset) >= 86_400)
    throw new builtins.ValueError(
      'offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24)',
    )
  moment.setUTCHours(hour, minute, second)
  return new Date(moment.getTime() - offset * 1000)
}

/**
 * A date of mail for now, or for so many seconds since 1970.
 *
 * @throws {ValueError} a year that no date has, or GMT for a clock that is none of UTC
 */
export function formatdate(
  ...args: Call<[timeval?: number | null, localtime?: boolean, usegmt?: boolean]>
): string {
  const given = bind('formatdate', ['timeval?', 'localtime?', 'usegmt?'], args)
  const seconds = wholeSeconds((given['timeval'] as number | null | undefined) ?? Date.now() / 1000)
  if (!given['localtime']) return written(seconds, given['usegmt'] ? 'GMT' : '-0000')
  const offset = -60 * new Date(seconds * 1000).getTimezoneOffset()
  if (given['usegmt']) throw new builtins.ValueError('usegmt option requires a UTC datetime')
  return written(seconds + offset, formatOffset(offset))
}

/** A moment as a date of mail, in UTC. @throws {ValueError} as `formatdate` */
export function format_datetime(...args: Call<[dt: Date, usegmt?: boolean]>): string {
  const { dt, usegmt } = bind('format_datetime', ['dt', 'usegmt?'], args)
  return written(Math.floor((dt as Date).getTime() / 1000), usegmt ? 'GMT' : '+0000')
}

/** Python's clock has microseconds, and goes to the nearest one. */
function wholeSeconds(time: number): number {
  const whole = Math.floor(time)
  return Math.round((time - whole) * 1e6) === 1e6 ? whole + 1 : whole
}

function written(seconds: number, zone: string): string {
  try {
    return formatMailDate(seconds, zone)
  } catch (error) {
    throw new builtins.ValueError((error as Error).message)
  }
}
