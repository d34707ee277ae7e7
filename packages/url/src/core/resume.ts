/**
 * Going on with a download: facts in, decision out (RFC 9110 §13.1.5, §14).
 *
 * Beside the part of a file lies a record: the URL, a strong validator, the length if it is known. Rules it keeps:
 * - A part is only gone on with by Range *and* If-Range: the server itself compares, so that the halves of two files are
 *   never joined. Without a strong validator there is nothing to compare, and it starts anew.
 * - What the answer says is checked once more, since there are servers that know Range and overlook If-Range.
 * - Nothing here can be made to loop: a part that does not fit is given up once, and then the whole is asked for.
 */
import { parseContentRange, parseDate, parseETag, sameETag } from '@sluice/http/headers'

/** What lies beside a part. */
export interface PartialRecord {
  /** Where it comes from, as it was asked for. */
  readonly url: string
  /** A strong entity tag, or a date that is as good as one; nothing where the server gave none. */
  readonly validator?: string | undefined
  /** Bytes of the whole; nothing where the server did not say. */
  readonly length?: number | undefined
}

/** What to ask for. */
export interface PartialAsk {
  /** The first byte that is wanted. */
  readonly offset: number
  /** Range and If-Range, or none. */
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/**
 * Decides what to ask for.
 *
 * @param size bytes that are here
 * @param record what is known of them
 */
export function planAsk(size: number, record: PartialRecord | undefined, url: string): PartialAsk {
  if (size === 0 || record === undefined || record.url !== url || record.validator === undefined)
    return { offset: 0, fields: [] }
  return {
    offset: size,
    fields: [
      ['Range', `bytes=${size}-`],
      ['If-Range', record.validator],
    ],
  }
}

/** The head of an answer. */
export interface PartialAnswer {
  readonly status: number
  readonly contentRange: string | null
  readonly contentLength: string | null
  readonly etag: string | null
  readonly lastModified: string | null
  readonly date: string | null
}

/** What to do with an answer. */
export type PartialPlan =
  /** Its body is the whole: what is here is overwritten. */
  | { readonly kind: 'start'; readonly record: PartialRecord }
  /** Its body goes behind what is here. */
  | { readonly kind: 'append'; readonly record: PartialRecord; readonly end: number }
  /** All of it is here. */
  | { readonly kind: 'complete' }
  /** What is here is of no use: ask for the whole. */
  | { readonly kind: 'again'; readonly because: string }
  /** It is no answer to that; a `status` the server means by itself, a `reason` is a broken rule. */
  | { readonly kind: 'fail'; readonly reason?: string }

/**
 * Decides what an answer means.
 *
 * @param ask what was asked for
 * @param record what is known of the part
 * @param now milliseconds since 1970
 */
export function planAnswer(
  ask: PartialAsk,
  record: PartialRecord | undefined,
  answer: PartialAnswer,
  url: string,
  now: number,
): PartialPlan {
  const { status } = answer
  const { offset } = ask
  if (status === 206) return planPart(offset, record, answer, url, now)
  if (status >= 200 && status < 300)
    return {
      kind: 'start',
      record: {
        url,
        validator: strongValidator(answer, now),
        length: numberIn(answer.contentLength),
      },
    }
  if (offset === 0) return { kind: 'fail' }
  // 416 with the length we have: it was complete, and only its last step was missing.
  if (status === 416) {
    const whole = parseContentRange(answer.contentRange ?? '')?.length
    if (whole === offset && (record?.length ?? whole) === whole) return { kind: 'complete' }
    return { kind: 'again', because: 'the file is shorter than what is here' }
  }
  return status === 412 ? { kind: 'again', because: 'the file has changed' } : { kind: 'fail' }
}

function planPart(
  offset: number,
  record: PartialRecord | undefined,
  answer: PartialAnswer,
  url: string,
  now: number,
): PartialPlan {
  if (offset === 0) return { kind: 'fail', reason: 'a part (206) that nobody asked for' }
  const part = parseContentRange(answer.contentRange ?? '')
  // Also several parts in one (multipart/byteranges), which nobody asked for.
  if (part?.range === undefined)
    return { kind: 'again', because: 'the part does not say where it belongs' }
  const [first, last] = part.range
  if (first !== offset)
    return { kind: 'again', because: 'the part does not begin where the last one ended' }
  const known = record?.length
  if (known !== undefined && part.length !== undefined && known !== part.length)
    return { kind: 'again', because: 'the file has another length now' }
  const validator = record?.validator
  const [before, after] = [parseETag(validator ?? ''), parseETag(answer.etag ?? '')]
  if (before !== undefined && after !== undefined && !sameETag(before, after, 'strong'))
    return { kind: 'again', because: 'the file has changed, though the server did not say so' }
  const length = part.length ?? known
  const kept = validator ?? strongValidator(answer, now)
  return { kind: 'append', record: { url, validator: kept, length }, end: last + 1 }
}

/**
 * A validator that says "the same bytes": a strong entity tag, or a date of change that is at least a second older than the
 * answer, so that nothing can have changed behind it within the same second (RFC 9110 §8.8.2.2).
 *
 * @param now the time of an answer that has no date
 */
export function strongValidator(
  { etag, lastModified, date }: Pick<PartialAnswer, 'etag' | 'lastModified' | 'date'>,
  now: number,
): string | undefined {
  const tag = etag === null ? undefined : parseETag(etag)
  // A server with a weak tag has said that its files are "as good as", and a date would not be better.
  if (etag !== null) return tag === undefined || tag.isWeak ? undefined : etag.trim()
  if (lastModified === null) return undefined
  const changed = parseDate(lastModified, now)
  const answered = date === null ? now : parseDate(date, now)
  const isOld = changed !== undefined && answered !== undefined && answered - changed >= 1000
  return isOld ? lastModified : undefined
}

/**
 * Reads a record.
 *
 * @returns nothing for what is none: then the part starts anew. Never throws
 */
export function parseRecord(text: string): PartialRecord | undefined {
  try {
    const { url, validator, length } = JSON.parse(text) as Record<string, unknown>
    if (typeof url !== 'string') return undefined
    return {
      url,
      validator: typeof validator === 'string' && isStrong(validator) ? validator : undefined,
      length: typeof length === 'number' && Number.isSafeInteger(length) ? length : undefined,
    }
  } catch {
    return undefined
  }
}

/** Whether it can stand in If-Range; of dates, whatever year it is. */
function isStrong(validator: string): boolean {
  return parseETag(validator)?.isWeak === false || parseDate(validator, 0) !== undefined
}

function numberIn(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
