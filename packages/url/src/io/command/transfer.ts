/** `sluice-url URL…`: prints what is behind each URL, or puts it into a file. */
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Response } from '@sluice/http'
import { explain, FetchError, HttpStatusError } from '../../core/errors.ts'
import { factsOfWriting } from '../../core/file-reason.ts'
import { maskTarget } from '../../core/mask-text.ts'
import { RateLimit } from '../../core/meter.ts'
import { fileNameOf } from '../../core/url-file-name.ts'
import { Client } from '../client.ts'
import { download } from '../download.ts'
import { historyOf } from '../middleware/redirect.ts'
import type { FetchOptions } from '../run-fetch.ts'
import { wait } from '../wait.ts'
import { asCurl } from './as-curl.ts'
import { exitCodeOf } from './exit-codes.ts'
import { reporterFor, tellJson } from './reporter.ts'
import { planRequests, rateOf, userIn } from './request-options.ts'
import { type CommandPlan, lineOf, listOf, type Stage, textOf, UsageError, write } from './stage.ts'

/** One URL, and where it goes; nothing: the standard output. */
export interface Transfer {
  readonly url: string
  /** Who asks, where the URL says it: a fetch takes no URL that does. */
  readonly auth: FetchOptions['auth']
  readonly file: string | undefined
}

/**
 * Runs it.
 *
 * @returns the exit status of the last failure, 0 where there was none
 * @throws what keeps it from beginning
 */
export async function transferCommand(plan: CommandPlan, stage: Stage): Promise<number> {
  const transfers = planTransfers(plan)
  const { options, jar, jarFile } = await planRequests(plan, stage)
  if (plan.flags['as-curl']) {
    for (const transfer of transfers)
      await write(stage, `${asCurl(transfer, plan, { ...options, ...authOf(transfer) })}\n`)
    return 0
  }
  const client = new Client()
  let status = 0
  try {
    for (const transfer of transfers) {
      const code = await run(transfer, { plan, options, client, stage })
      if (code !== 0) status = code
    }
    if (jarFile !== undefined) await jar?.save(jarFile)
  } finally {
    client.destroy()
  }
  return status
}

function planTransfers(plan: CommandPlan): Transfer[] {
  const { operands, flags } = plan
  if (operands.length === 0) throw new UsageError('no URL; --help says more')
  const outputs = listOf(plan, 'output')
  if (outputs.length > operands.length) throw new UsageError('there are more -o than URLs')
  for (const name of ['output', 'cookie-jar'])
    if ([flags[name]].flat().includes(''))
      throw new UsageError(`--${name} needs the name of a file`)
  const transfers = operands.map((text, index) => {
    const { url, auth } = userIn(withName(withScheme(text), textOf(plan, 'upload-file')), plan)
    const named = outputs[index] ?? (flags['remote-name'] ? nameOf(url) : undefined)
    return { url, auth, file: named === '-' ? undefined : named }
  })
  if (
    flags['continue'] &&
    ['data', 'form', 'upload-file'].some((name) => flags[name] !== undefined)
  )
    throw new UsageError('-c goes on with what is asked for by GET; -d, -F and -T ask otherwise')
  if (flags['continue'] && hasHead(plan))
    throw new UsageError('-c goes on with a body alone; -i and -I have more than that')
  // Also where nothing asks for it before there is an answer.
  rateOf(plan)
  const needFile = ['continue', 'sha256'].find((name) => flags[name] !== undefined)
  if (needFile !== undefined && transfers.some(({ file }) => file === undefined))
    throw new UsageError(`--${needFile} needs -o FILE or -O for each URL`)
  if (flags['sha256'] !== undefined && transfers.length > 1)
    throw new UsageError('--sha256 is of one file, and there are several URLs')
  return transfers
}

function authOf({ auth }: Transfer): Pick<FetchOptions, 'auth'> {
  return auth === undefined ? {} : { auth }
}

/** As curl has it: what has no scheme is HTTP. */
function withScheme(text: string): string {
  return /^[a-z][a-z\d+.-]*:(?!\d+(?:[/?#]|$))/i.test(text) ? text : `http://${text}`
}

/** As curl has it: what is sent to a folder keeps its name. */
function withName(url: string, sent: string | undefined): string {
  if (sent === undefined || sent === '-' || !URL.canParse(url)) return url
  const at = new URL(url)
  if (at.pathname.endsWith('/')) at.pathname += encodeURIComponent(basename(sent))
  return at.pathname === new URL(url).pathname ? url : at.href
}

function nameOf(url: string): string {
  const name = URL.canParse(url) ? fileNameOf(new URL(url)) : undefined
  if (name === undefined)
    throw new UsageError(`-O: ${maskTarget(url)} ends in no name of a file; -o FILE gives it one`)
  return name
}

type Head = Pick<Response, 'status' | 'statusText' | 'headers'>

interface Work {
  readonly plan: CommandPlan
  readonly options: FetchOptions
  readonly client: Client
  readonly stage: Stage
}

async function run(transfer: Transfer, given: Work): Promise<number> {
  const { url, file } = transfer
  const work = { ...given, options: { ...given.options, ...authOf(transfer) } }
  const { plan, stage } = work
  const { flags } = plan
  const shown = maskTarget(url)
  const device = file === undefined ? undefined : await deviceAt(file)
  if (file === undefined || device !== undefined) {
    try {
      if (device === undefined) await print(url, work)
      else await printTo(device, url, work)
      return 0
    } catch (error) {
      if (stage.signal.aborted) throw error
      const message = lineOf(error)
      if (flags['json']) tellJson(stage, 'failed', { url: shown, message })
      else stage.stderr.write(`sluice-url: ${message}\n`)
      return exitCodeOf(error)
    }
  }
  const reporter = reporterFor(file, shown, stage, {
    json: flags['json'] === true,
    silent: flags['silent'] === true,
  })
  try {
    const { body, decode: _, redirect: _r, ...options } = work.options
    const limitRate = rateOf(plan)
    const sha256 = textOf(plan, 'sha256')
    const done = await download(url, file, {
      ...options,
      client: asking(work, body),
      resume: flags['continue'] === true,
      onProgress: (progress) => reporter.progress(progress),
      ...(limitRate === undefined ? {} : { limitRate }),
      ...(sha256 === undefined ? {} : { sha256 }),
    })
    reporter.done(done)
    return 0
  } catch (error) {
    reporter.failed(stage.signal.aborted ? 'interrupted; -c goes on from here' : lineOf(error))
    if (stage.signal.aborted) throw error
    return exitCodeOf(error)
  }
}

/** What a download asks with: it sends no body itself, and knows nothing of fields before what it takes. */
function asking({ client, plan }: Work, body: FetchOptions['body']): Pick<Client, 'fetch'> {
  return {
    fetch: async (url, how) => {
      const response = await client.fetch(url, body === undefined ? how : { ...how, body })
      return hasHead(plan) && response.ok ? withHead(response) : response
    },
  }
}

function hasHead({ flags }: CommandPlan): boolean {
  return flags['include'] === true || flags['head'] === true
}

/** An answer whose body begins with the heads, as curl writes them. */
function withHead(response: Response): Response {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield headsOf(response)
    if (response.body !== null) yield* response.body as AsyncIterable<Uint8Array>
  }
  const whole = new Response(pieces())
  return Object.defineProperty(whole, 'url', { value: response.url })
}

/** Those of the redirects that led to it, and its own. */
function headsOf(response: Response): Uint8Array {
  return Buffer.concat([...historyOf(response), response].map(headOf))
}

/** In the bytes in which it came. */
function headOf({ status, statusText, headers }: Head): Uint8Array {
  const fields = headers.raw().map(([name, value]) => `${name}: ${value}\n`)
  const line = `HTTP/1.1 ${status} ${statusText}`.trimEnd()
  return Buffer.from(`${line}\n${fields.join('')}\n`, 'latin1')
}

/** A place that is no file, as /dev/null: there is no whole or not at all. */
async function deviceAt(path: string): Promise<string | undefined> {
  const there = await stat(path).catch(() => undefined)
  return there?.isCharacterDevice() || there?.isFIFO() ? path : undefined
}

async function printTo(path: string, url: string, work: Work): Promise<void> {
  const stdout = createWriteStream(path)
  // Told to who writes; and once more here.
  stdout.on('error', () => {})
  try {
    await print(url, { ...work, stage: { ...work.stage, stdout } }).catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).syscall !== 'write') throw cause
      throw new FetchError({ method: 'write', url: path, phase: 'write', ...factsOfWriting(cause) })
    })
  } finally {
    stdout.end()
  }
}

async function print(url: string, work: Work): Promise<void> {
  const { plan, options, client, stage } = work
  const { flags } = plan
  const method = options.method ?? 'GET'
  const began = performance.now()
  const response = await client.fetch(url, options)
  if (flags['fail'] && response.status >= 400) {
    await response.body?.cancel()
    const { status, statusText } = response
    // Who said so, where redirects have led elsewhere.
    throw new HttpStatusError({ method, url: response.url || url, status, statusText })
  }
  if (hasHead(plan)) await write(stage, headsOf(response))
  const { timeout } = options
  const bytes = await printBody(response, work).catch((error: unknown) => {
    // The body knows what was left of the time, and not what was given.
    const total = typeof timeout === 'number' ? timeout : undefined
    throw explain(error, { method, url, total }, performance.now() - began)
  })
  if (flags['json']) tellJson(stage, 'done', { url: response.url, status: response.status, bytes })
}

async function printBody({ body }: Response, { plan, stage }: Work): Promise<number> {
  const rate = rateOf(plan)
  const limit = rate === undefined ? undefined : new RateLimit(rate)
  let bytes = 0
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    await write(stage, piece)
    bytes += piece.length
    const ms = limit?.take(piece.length, performance.now()) ?? 0
    if (ms >= 1) await wait(ms, stage.signal)
  }
  return bytes
}
