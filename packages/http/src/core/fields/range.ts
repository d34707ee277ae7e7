/**
 * Range: parts of a body, by bytes (RFC 9110 §14). What is sent of them is named by `content-range.ts`.
 *
 * **A hundred overlapping ranges of one file are an attack** (CVE-2011-3192): `planRanges` joins what overlaps or touches,
 * so that each byte is read at most once, and takes no more parts than the limit.
 */
import { trimOws } from '../abnf.ts'

/** From the first byte to the last, both included. */
export type ByteRange = readonly [first: number, last: number]

/** What a Range field asks for: offsets, the last one open, or so many from the end. */
export type RangeSpec =
  | { readonly first: number; readonly last: number | undefined }
  | { readonly suffix: number }

/** What is to be sent. */
export type RangePlan =
  /** The whole, with 200: there is no range, or none that makes sense. */
  | { readonly status: 200 }
  /** Parts, with 206; in the order in which they were asked for. */
  | { readonly status: 206; readonly ranges: readonly ByteRange[] }
  /** Nothing of that is there: 416. */
  | { readonly status: 416 }

/** Parts in one response; Apache has 200, which then cost 200 reads. */
const MOST_PARTS = 50
/** A Range field of a browser has one member, of a PDF reader some twenty. */
const MOST_SPECS = 1000

/**
 * Reads a Range field.
 *
 * @param text the field value
 * @returns what is asked for, in order; `undefined` for another unit or what can't be read: the field says nothing then. Never throws
 * @see RFC 9110 §14.1.2, §14.2
 * @example parseRange('bytes=0-499, -1') // [{ first: 0, last: 499 }, { suffix: 1 }]
 */
export function parseRange(text: string): RangeSpec[] | undefined {
  const [, list] = /^bytes=(.*)$/is.exec(text.trim()) ?? []
  if (list === undefined) return undefined
  const members = list.split(',', MOST_SPECS + 1).map((member) => trimOws(member))
  const specs = members.filter((member) => member !== '').map(readSpec)
  if (specs.length === 0 || specs.length > MOST_SPECS || specs.includes(undefined)) return undefined
  return specs as RangeSpec[]
}

function readSpec(member: string): RangeSpec | undefined {
  const [, from, to] = /^(\d*)-(\d*)$/.exec(member) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  if (from === '') return { suffix: Number(to) }
  const [first, last] = [Number(from), to === '' ? undefined : Number(to)]
  return last !== undefined && last < first ? undefined : { first, last }
}

/**
 * Writes a Range field.
 *
 * @param specs what is asked for, in order
 * @throws {RangeError} none at all, an offset that is no whole number from 0 up, a last one before the first
 * @see RFC 9110 §14.1.2
 * @example formatRange([{ first: 0, last: 499 }, { suffix: 1 }]) // 'bytes=0-499, -1'
 */
export function formatRange(specs: readonly RangeSpec[]): string {
  const members = specs.map((spec) =>
    'suffix' in spec ? `-${spec.suffix}` : `${spec.first}-${spec.last ?? ''}`,
  )
  const text = `bytes=${members.join(', ')}`
  if (parseRange(text)?.length !== specs.length) throw new RangeError(`Range: ${text} is none`)
  return text
}

/**
 * Decides what of a body is sent.
 *
 * @param field the value of Range; nothing for none
 * @param length bytes of the body
 * @param limit ranges at most that there is something of; more are answered with the whole; default 50
 * @returns the plan. Never throws
 * @see RFC 9110 §14.2, §15.3.7, §15.5.17
 */
export function planRanges(
  field: string | null | undefined,
  length: number,
  limit: number = MOST_PARTS,
): RangePlan {
  const specs = field === null || field === undefined ? undefined : parseRange(field)
  if (specs === undefined) return { status: 200 }
  const ranges = specs.flatMap((spec) => {
    const range = satisfy(spec, length)
    return range === undefined ? [] : [range]
  })
  if (ranges.length === 0) return { status: 416 }
  // Counted as they were asked for: a thousand that overlap are a wish for the whole, or for our time.
  return ranges.length > limit ? { status: 200 } : { status: 206, ranges: join(ranges) }
}

/** The bytes that are there of what is asked for. */
function satisfy(spec: RangeSpec, length: number): ByteRange | undefined {
  if (length === 0) return undefined
  if ('suffix' in spec)
    return spec.suffix === 0 ? undefined : [Math.max(0, length - spec.suffix), length - 1]
  if (spec.first >= length) return undefined
  return [spec.first, Math.min(spec.last ?? length - 1, length - 1)]
}

/** Joins what overlaps; the order stays that of the first member of each. Parts that only touch stay apart. */
function join(ranges: readonly ByteRange[]): ByteRange[] {
  const sorted = ranges
    .map((range, order) => ({ range, order }))
    .sort((a, b) => a.range[0] - b.range[0])
  const groups: { first: number; last: number; order: number }[] = []
  for (const { range, order } of sorted) {
    const group = groups.at(-1)
    if (group === undefined || range[0] > group.last)
      groups.push({ first: range[0], last: range[1], order })
    else {
      group.last = Math.max(group.last, range[1])
      group.order = Math.min(group.order, order)
    }
  }
  return groups.sort((a, b) => a.order - b.order).map(({ first, last }) => [first, last])
}
