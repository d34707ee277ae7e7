/**
 * `ftp:` URLs: one login, one file or folder, goodbye. What that means is decided in `core/ftp-fetch.ts`.
 *
 * The conversation lives as long as the body: whoever reads it to its end or cancels it ends both.
 */
import { type BodyInit, Response } from '@sluice/http'
import { mimeType } from '@sluice/http/static'
import { FetchError, reasonIn } from '../../core/errors.ts'
import { FtpError, isFtpError } from '../../core/ftp-errors.ts'
import {
  answerWithFile,
  type FtpAnswer,
  type FtpFetchPlan,
  LISTING_TYPE,
  planFtpFetch,
} from '../../core/ftp-fetch.ts'
import { type FtpClient, openFtp } from '../ftp-client.ts'
import type { FtpDownload } from '../ftp-download.ts'
import { letGoOf, type PlannedRequest } from '../pipeline.ts'
import { deadlineOf } from './deadline.ts'
import { located } from './local.ts'

/** One request under way. */
interface Work {
  readonly client: FtpClient
  readonly plan: FtpFetchPlan
  readonly request: PlannedRequest
  readonly signal: AbortSignal | undefined
  /** Ends the conversation; nobody waits for the goodbye. */
  readonly end: () => void
}

/** Answers a request for an `ftp:` URL. */
export async function handleFtp(request: PlannedRequest): Promise<Response> {
  const plan = planOf(request)
  const { url, id, timeout, dial } = request
  const { ftp, proxy, resolver, allowAddress, family, connect } = dial(url)
  if (connect !== undefined) throw notHere(request)
  const deadline = deadlineOf(request)
  const { signal } = deadline
  let client: FtpClient | undefined
  const end = (): void => {
    deadline.stop()
    void client?.close()
  }
  try {
    const who = await userOf(request)
    client = await openFtp(url, {
      ...ftp,
      user: who?.username,
      password: who?.password,
      proxy,
      resolver,
      allowAddress,
      family,
      timeout: typeof timeout === 'number' ? undefined : timeout,
      signal,
      trace: { parent: id },
    })
    for (const folder of plan.folders) await client.cd(folder, { signal })
    return located(await answer({ client, plan, request, signal, end }), request)
  } catch (error) {
    end()
    throw isFtpError(error) ? named(error, request) : error
  }
}

/** What a command was refused for is told of the URL: the conversation knows names in the folder that it has gone to. */
function named(error: FtpError, { url }: PlannedRequest): FtpError {
  const { method, code, phase, reply } = error
  const reason = reasonIn(error)
  const facts = { method, url: url.href, code, phase, reply, cause: error }
  return new FtpError(reason === undefined ? facts : { ...facts, reason })
}

/** Who logs in by the option `auth`; what the URL says of it is nearer. */
async function userOf(request: PlannedRequest) {
  const { auth, url } = request
  return auth === undefined || url.username !== '' ? undefined : (await auth()).login(request)
}

/** Its streams are those of HTTP; a conversation of FTP asks more of one. */
function notHere({ method, url }: PlannedRequest): FetchError {
  const reason = "the option 'connect' is for http: and https: URLs; openFtp takes one for ftp:"
  return new FetchError({ method, url: url.href, code: 'ERR_UNSUPPORTED', phase: 'open', reason })
}

/** What a request asks of a server. @throws {FetchError} nothing that it could be asked */
export function planOf({ method, url }: Pick<PlannedRequest, 'method' | 'url'>): FtpFetchPlan {
  try {
    return planFtpFetch(method, url.pathname)
  } catch (cause) {
    const reason = (cause as Error).message
    const code = cause instanceof RangeError ? 'ERR_UNSUPPORTED' : 'ERR_INVALID_URL'
    throw new FetchError({ method, url: url.href, code, phase: 'open', reason, cause })
  }
}

async function answer(work: Work): Promise<Response> {
  switch (work.plan.action) {
    case 'write':
      return write(work)
    case 'list':
      return list(work)
    case 'look':
      return look(work)
    case 'read':
      return read(work)
  }
}

/** Whether it was there before is not known: 204, and not 201. */
async function write({ client, plan, request, signal, end }: Work): Promise<Response> {
  const { body } = request
  const given = typeof body === 'function' ? await body() : body
  const stream = new Response(given as BodyInit | null).body
  const pieces = stream === null ? [] : (stream as unknown as AsyncIterable<Uint8Array>)
  const type = plan.type === 'ascii' ? 'ascii' : 'binary'
  try {
    await client.write(plan.name, pieces, { type, signal })
  } catch (error) {
    // A server that says no at once has not had a byte of it.
    letGoOf(stream)
    throw error
  }
  end()
  return new Response(null, { status: 204 })
}

async function list({ client, plan, signal, end }: Work): Promise<Response> {
  const lines = await client.lines('LIST', plan.name, { signal })
  end()
  const headers = { 'Content-Type': LISTING_TYPE }
  return new Response(lines.map((line) => `${line}\n`).join(''), { headers })
}

async function look(work: Work): Promise<Response> {
  const { plan, request, end } = work
  if (plan.name === '' || plan.type === 'list') {
    end()
    return new Response(null, { headers: { 'Content-Type': LISTING_TYPE } })
  }
  const facts = await factsOf(work, true)
  end()
  const { status, headers } = answerWithFile(facts, wishOf(request))
  return new Response(null, { status, headers })
}

async function read(work: Work): Promise<Response> {
  const { request, end } = work
  const facts = await factsOf(work, false)
  const wanted = answerWithFile(facts, wishOf(request))
  if (wanted.status === 416) {
    end()
    return new Response(null, wanted)
  }
  try {
    const download = await begin(work, wanted.offset)
    return new Response(bodyOf(download, wanted, work), wanted)
  } catch (error) {
    // Who knows no REST sends the whole, which is a good answer to a range, too (RFC 9110 §14.2).
    if (!isFtpError(error) || error.method !== 'REST' || error.isTransient) throw error
    const whole = answerWithFile(facts, { ...wishOf(request), range: null })
    return new Response(bodyOf(await begin(work, 0), whole, work), { headers: whole.headers })
  }
}

function begin({ client, plan, signal }: Work, offset: number): Promise<FtpDownload> {
  return client.read(plan.name, {
    offset,
    type: plan.type === 'ascii' ? 'ascii' : 'binary',
    signal,
  })
}

function wishOf({ headers }: PlannedRequest) {
  const [range, ifRange] = [headers.get('range'), headers.get('if-range')]
  return { range, ifRange, now: Date.now() }
}

/** What the server tells of a file. Not to tell is no failure; that there is none is one where nothing else is asked for. */
async function factsOf({ client, plan, signal }: Work, isAll: boolean) {
  const orNothing = (error: unknown): undefined => {
    if (isFtpError(error) && !error.isTransient && !(isAll && error.reply.code === 550))
      return undefined
    throw error
  }
  const size = await client.size(plan.name, { signal }).catch(orNothing)
  const modified = await client.modified(plan.name, { signal }).catch(orNothing)
  return { size, modified, isText: plan.type === 'ascii', mediaType: mimeType(plan.name) }
}

/**
 * The file in pieces, not longer than what is wanted of it, and not shorter than what was announced; its end, and its giving
 * up, end the conversation.
 */
function bodyOf(
  download: FtpDownload,
  { length, headers }: FtpAnswer,
  { plan, request, end }: Pick<Work, 'plan' | 'request' | 'end'>,
): AsyncIterable<Uint8Array> {
  const isText = plan.type === 'ascii'
  const announced = Number(headers['Content-Length'] ?? 0)
  let came = 0
  let left = length ?? Number.POSITIVE_INFINITY
  /** Reads once, unless enough is here; the end of it ends the conversation. */
  const once = async <T>(read: () => Promise<T | null>): Promise<T | null> => {
    try {
      const got = left === 0 ? null : await read()
      if (got !== null) return got
      if (left === 0) await download.close()
      // A box on the way may have ended the data, and the server have said 226 to what it had handed over.
      else if (came < announced) throw tooShort(request, came, announced)
      end()
      return null
    } catch (error) {
      end()
      throw error
    }
  }
  const pieces: AsyncIterator<Uint8Array> = {
    async next() {
      const piece = await once(() => download.recv())
      if (piece === null) return { done: true, value: undefined }
      const value = piece.length > left ? piece.subarray(0, left) : piece
      left -= value.length
      came += value.length
      return { done: false, value }
    },
    // Also while a piece is waited for, which a generator would not hear of.
    async return() {
      await download.close()
      end()
      return { done: true, value: undefined }
    },
  }
  const readInto = async (target: Uint8Array): Promise<number | null> => {
    const room = target.length > left ? target.subarray(0, left) : target
    const count = await once(() => download.recvInto(room))
    left -= count ?? 0
    came += count ?? 0
    return count
  }
  return { [Symbol.asyncIterator]: () => pieces, ...(isText ? {} : { readInto }) }
}

function tooShort({ method, url }: PlannedRequest, came: number, announced: number): FetchError {
  const reason = `body ended after ${came} of ${announced} bytes`
  return new FetchError({
    method,
    url: url.href,
    code: 'ERR_INCOMPLETE_BODY',
    phase: 'body',
    reason,
  })
}
