/**
 * `download`: a URL into a file, in whole or not at all, and from where the last try ended. Asks `core/resume.ts` what to ask
 * for and what an answer means, and does it.
 */
import { createHash, type Hash } from 'node:crypto'
import { Headers, Response } from '@sluice/http'
import { codeOf, TimeoutError } from '@sluice/socket/errors'
import { nextId } from '@sluice/socket/trace'
import { explain, FetchError, HttpStatusError, lateReason, maskUrl } from '../core/errors.ts'
import { Meter } from '../core/meter.ts'
import { type PartialAsk, planAnswer, planAsk } from '../core/resume.ts'
import { planRetry, replyIn } from '../core/retry.ts'
import { type DownloadOptions, type DownloadPlan, planDownload } from './download-options.ts'
import { PartialFile } from './partial-file.ts'
import type { FetchOptions } from './run-fetch.ts'
import { publish, tracing } from './trace.ts'
import { wait } from './wait.ts'

/** What was downloaded. */
export interface Download {
  /** Where the file is: behind its links. */
  readonly path: string
  /** Bytes of the file. */
  readonly bytes: number
  /** Bytes that were here before; 0 where it began anew. */
  readonly resumedAt: number
  /** Where it came from in the end, behind redirects. */
  readonly url: string
  /** Its SHA-256 in hexadecimal digits, where that was asked for. */
  readonly sha256: string | undefined
}

/** So often is progress told, in milliseconds. */
const TELL_EVERY = 200
/** A server that gives a file in parts of this size at least comes to an end. */
const MOST_PARTS = 100_000

/**
 * Downloads what is behind a URL into a file.
 *
 * Until all of it is here it is called `PATH.part`, with a record beside it; then it gets its name in one step. A download
 * that ended early, whatever the cause, goes on from there when it is called again: the server is asked for the rest on
 * condition that the file is still the same, and gives the whole where it is not. With `retry` it goes on by itself.
 *
 * @param url as for `fetch`; also `ftp:`, `file:` and `data:` URLs
 * @param path of the file; its folder has to exist. What is there is replaced
 * @param options how, and all that `fetch` takes
 * @returns what was downloaded
 * @throws {HttpStatusError} (a FetchError, `ERR_STATUS`) the server did not answer with a file
 * @throws {FetchError} `ERR_CHECKSUM` the file is another one than `sha256` says, and was removed; `ENOSPC`, `EACCES`,
 *   `EISDIR` ... it can't be written; `ERR_BUSY` another download to the same place is under way; and what `fetch` throws.
 *   What is here stays
 * @throws `signal.reason` when aborted. What is here stays
 * @throws {TypeError | RangeError} options that make no sense
 * @see RFC 9110 §13.1.5, §14
 * @example
 * import { tmpdir } from 'node:os'
 * const { bytes, resumedAt } = await download('data:,hello', `${tmpdir()}/hello.txt`, { retry: 3 })
 * console.log(bytes, resumedAt)
 */
export async function download(
  url: string | URL,
  path: string,
  options: DownloadOptions = {},
): Promise<Download> {
  const plan = planDownload(options)
  const file = await PartialFile.open(path)
  const work = new Work(String(url), file, plan)
  let keep = true
  try {
    if (!plan.resume) file.record = undefined
    await work.run()
    const sha256 = await work.checksum()
    keep = sha256 === plan.sha256 || plan.sha256 === undefined
    if (!keep) throw new FetchError({ ...work.where, ...mismatch(plan.sha256, sha256) })
    await file.finish()
    await work.tell(true)
    const { resumedAt, finalUrl } = work
    return { path: file.place, bytes: file.size, resumedAt, url: finalUrl, sha256 }
  } catch (error) {
    await file.stop(keep)
    throw work.explain(error)
  }
}

/** One download: asks, takes, asks again. */
class Work {
  readonly began = performance.now()
  /** Where the first answer came from. */
  finalUrl: string
  resumedAt = 0
  /** In trace events: those of its fetches lead to it. */
  readonly #id = nextId()
  readonly #url: string
  /** The URL as the record has it: a password is no business of a file, and a `data:` URL would be all of it. */
  readonly #key: string
  readonly #file: PartialFile
  readonly #plan: DownloadPlan
  #meter: Meter | undefined
  #told = 0
  #hash: Hash | undefined

  constructor(url: string, file: PartialFile, plan: DownloadPlan) {
    this.#url = url
    this.#key = /^data:/i.test(url) ? 'data:' : maskUrl(url)
    this.finalUrl = url
    this.#file = file
    this.#plan = plan
  }

  get where(): { method: string; url: string } {
    return { method: this.#plan.fetch.method ?? 'GET', url: this.#url }
  }

  /** Until all of it is here. */
  async run(): Promise<void> {
    const { retry, fetch: how } = this.#plan
    for (let attempts = 1; ; attempts++) {
      if (attempts > 1 && tracing())
        publish(this.#id, 'retry', { attempt: attempts }, how.trace?.parent)
      try {
        return await this.#takeAll()
      } catch (error) {
        const { signal } = how
        if (retry === undefined || signal?.aborted) throw error
        const { phase, status } = error as { phase?: string; status?: number }
        const isUsual = codeOf(error) === 'ERR_INCOMPLETE_BODY'
        const facts = {
          method: this.where.method,
          attempts,
          status,
          reply: replyIn(error),
          code: isUsual ? 'ECONNRESET' : codeOf(error),
          phase,
          retryAfter: (error as { retryAfter?: string | null }).retryAfter,
          replayable: true,
          left: this.#total - (performance.now() - this.began),
        }
        const next = planRetry(facts, retry, Date.now(), Math.random())
        if (next.kind === 'stop') throw error
        if (tracing())
          publish(this.#id, 'wait', { ms: next.ms, because: next.because }, how.trace?.parent)
        await wait(next.ms, signal ?? undefined)
      }
    }
  }

  /** Asks for what is missing until nothing is. */
  async #takeAll(): Promise<void> {
    await this.#file.flush()
    for (let parts = 0, mayResume = true; parts < MOST_PARTS; parts++) {
      const file = this.#file
      const ask = mayResume ? planAsk(file.size, file.record, this.#key) : NOTHING
      const response = await this.#ask(ask)
      const answer = answerOf(response)
      const plan = planAnswer(ask, file.record, answer, this.#key, Date.now())
      if (plan.kind === 'fail' || plan.kind === 'complete' || plan.kind === 'again')
        await response.body?.cancel()
      if (plan.kind === 'fail') throw this.#refused(response, plan.reason)
      if (plan.kind === 'complete') {
        this.#begin(file.size)
        return
      }
      mayResume = plan.kind !== 'again'
      if (plan.kind === 'again') continue
      if (plan.kind === 'start') {
        await file.start(plan.record)
        this.#hash = undefined
        this.resumedAt = 0
        this.#meter = undefined
      } else if (this.#meter === undefined) await file.note(plan.record)
      this.#begin(plan.record.length)
      await this.#take(response)
      const { length } = plan.record
      if (plan.kind === 'append' && file.size > plan.end) {
        // What is here can't be trusted any more: the next try begins anew.
        await file.note({ url: this.#key })
        throw this.#refused(undefined, 'the part is longer than its Content-Range says')
      }
      // Asked again it might be as short: whether to is a matter of `retry`.
      if (plan.kind === 'append' && file.size < plan.end) throw this.#tooShort(plan.end)
      if (plan.kind === 'start' || length === undefined || file.size >= length) return
    }
    throw this.#refused(undefined, `the server gave it in more than ${MOST_PARTS} parts`)
  }

  #ask({ fields }: PartialAsk): Promise<Response> {
    const { client, fetch: how } = this.#plan
    const headers = new Headers(how.headers)
    // Bytes of a coded body can not be gone on with by the length of what it unfolds to.
    if (!headers.has('accept-encoding')) headers.set('Accept-Encoding', 'identity')
    for (const [name, value] of fields) headers.set(name, value)
    const trace = { parent: this.#id }
    return client.fetch(this.#url, { ...how, ...this.#timeLeft(), headers, decode: false, trace })
  }

  /** What all of it may take, in milliseconds. */
  get #total(): number {
    const { timeout } = this.#plan.fetch
    const total = typeof timeout === 'number' ? timeout : timeout?.total
    return total || Number.POSITIVE_INFINITY
  }

  /** The total bounds all of it: a server that gives a byte at a time must not be able to start it anew. */
  #timeLeft(): Pick<FetchOptions, 'timeout'> {
    const { timeout } = this.#plan.fetch
    const total = this.#total
    if (total === Number.POSITIVE_INFINITY) return {}
    const left = total - (performance.now() - this.began)
    if (left <= 0)
      throw new TimeoutError({ verb: 'GET', target: this.#url, phase: 'total', limit: total })
    return { timeout: typeof timeout === 'object' ? { ...timeout, total: left } : left }
  }

  /** In one sentence, with the time that was given, and not what was left of it for the last answer. */
  explain(error: unknown): unknown {
    const elapsed = performance.now() - this.began
    const total = this.#total
    const isLate =
      codeOf(error) === 'ERR_TIMEOUT' && (error as { phase?: string }).phase === 'total'
    if (!isLate || total === Number.POSITIVE_INFINITY) return explain(error, this.where, elapsed)
    const facts = { ...this.where, code: 'ERR_TIMEOUT', phase: 'total', elapsed, cause: error }
    return new FetchError({ ...facts, reason: lateReason(total) })
  }

  #begin(total: number | undefined): void {
    if (this.#meter !== undefined) return
    this.resumedAt = this.#file.size
    this.#meter = new Meter(performance.now(), this.resumedAt, total)
  }

  async #take(response: Response): Promise<void> {
    this.finalUrl = response.url
    const { limit, sha256, fetch: how } = this.#plan
    const file = this.#file
    if (sha256 !== undefined) await this.#hashSoFar()
    // A handler or middleware of the program may have given one of the platform.
    const isOurs = typeof response.readInto === 'function'
    const source = isOurs ? response : new Response(response.body)
    const read = (target: Uint8Array): Promise<number | null> => source.readInto(target)
    let isAtEnd = false
    try {
      for (;;) {
        const piece = await file.take(read)
        if (piece === null) {
          isAtEnd = true
          return
        }
        this.#hash?.update(piece)
        this.#meter?.add(piece.length)
        await this.tell(false)
        const ms = limit?.take(piece.length, performance.now()) ?? 0
        if (ms >= 1) await wait(ms, how.signal ?? undefined)
      }
    } finally {
      // Whoever gives up here gives up there, too.
      if (!isAtEnd) await response.body?.cancel().catch(() => {})
      await file.flush()
    }
  }

  async #hashSoFar(): Promise<void> {
    if (this.#hash !== undefined) return
    const hash = createHash('sha256')
    for await (const piece of this.#file.read()) hash.update(piece)
    this.#hash = hash
  }

  /** The checksum of what is here, where it is to be compared. */
  async checksum(): Promise<string | undefined> {
    if (this.#plan.sha256 === undefined) return undefined
    await this.#hashSoFar()
    return this.#hash?.digest('hex')
  }

  async tell(isLast: boolean): Promise<void> {
    const { onProgress } = this.#plan
    if (onProgress === undefined || this.#meter === undefined) return
    const now = performance.now()
    if (!isLast && now - this.#told < TELL_EVERY) return
    this.#told = now
    await onProgress(this.#meter.look(now))
  }

  #tooShort(end: number): FetchError {
    const reason = `the part ended at byte ${this.#file.size}, and its Content-Range says ${end}`
    return new FetchError({ ...this.where, code: 'ERR_INCOMPLETE_BODY', phase: 'body', reason })
  }

  #refused(response: Response | undefined, reason: string | undefined): FetchError {
    const facts = { method: this.where.method, url: response?.url ?? this.#url }
    if (reason !== undefined || response === undefined)
      return new FetchError({
        ...facts,
        code: 'ERR_PROTOCOL',
        phase: 'headers',
        ...(reason && { reason }),
      })
    const { status, statusText } = response
    const error = new HttpStatusError({ ...facts, status, statusText })
    return Object.defineProperty(error, 'retryAfter', {
      value: response.headers.get('retry-after'),
    })
  }
}

const NOTHING: PartialAsk = { offset: 0, fields: [] }

function answerOf({ status, headers }: Response) {
  return {
    status,
    contentRange: headers.get('content-range'),
    contentLength: headers.get('content-length'),
    etag: headers.get('etag'),
    lastModified: headers.get('last-modified'),
    date: headers.get('date'),
  }
}

function mismatch(wanted: string | undefined, found: string | undefined) {
  const reason = `the file has the SHA-256 ${found}, not ${wanted}; it was removed`
  return { code: 'ERR_CHECKSUM', phase: 'checksum', reason }
}
