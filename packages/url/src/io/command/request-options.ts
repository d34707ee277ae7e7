/** Flags to what a fetch takes: method, fields, body, credentials, proxies, caps. */
import { readFile } from 'node:fs/promises'
import { Headers, Response } from '@sluice/http'
import { parseCookie } from '@sluice/http/cookies'
import { maskUrl } from '../../core/errors.ts'
import { parseBytes } from '../../core/units.ts'
import type { AuthOption } from '../authenticator.ts'
import { CookieJar } from '../cookie-jar.ts'
import type { RequestBody } from '../pipeline.ts'
import type { FetchOptions } from '../run-fetch.ts'
import { fileBlob, formOf, unreadable } from './form.ts'
import { type CommandPlan, listOf, type Stage, textOf, UsageError } from './stage.ts'

/** What the flags say of requests, apart from where they go. */
export interface RequestPlan {
  readonly options: FetchOptions
  readonly jar: CookieJar | undefined
  /** Where the jar is written to in the end. */
  readonly jarFile: string | undefined
}

/** Reads the flags. @throws {UsageError} what makes no sense; {FetchError} a file that can't be read */
export async function planRequests(plan: CommandPlan, stage: Stage): Promise<RequestPlan> {
  const { signal } = stage
  const { flags } = plan
  const headers = new Headers({ 'User-Agent': 'sluice-url', Accept: '*/*' })
  const { body, method } = await bodyOf(plan, headers, stage)
  const isHead = flags['head'] === true
  const named = new Set<string>()
  for (const line of listOf(plan, 'header')) setField(headers, line, named)
  const agent = textOf(plan, 'user-agent')
  if (agent === '') headers.delete('User-Agent')
  else if (agent !== undefined) headers.set('User-Agent', agent)
  const jar = await jarOf(plan, headers)
  const seconds = numberOf(plan, 'max-time')
  const retries = numberOf(plan, 'retry')
  const proxy = textOf(plan, 'proxy')
  const auth = authOf(plan)
  return {
    jar,
    jarFile: textOf(plan, 'cookie-jar'),
    options: {
      method: textOf(plan, 'request') ?? (isHead ? 'HEAD' : method),
      headers,
      ...(body === null ? {} : { body }),
      decode: flags['compressed'] === true,
      redirect: flags['location'] ? 'follow' : 'manual',
      signal,
      ...(jar === undefined ? {} : { cookies: jar }),
      ...(auth === undefined ? {} : { auth }),
      ...(seconds === undefined ? {} : { timeout: seconds * 1000 }),
      ...(retries === undefined ? {} : { retry: retries }),
      ...(proxy === undefined ? {} : { proxy: proxy === '' ? false : withScheme(proxy) }),
      ...(flags['insecure'] ? { tls: { verify: false }, ftp: { tls: { verify: false } } } : {}),
      ...(flags['deny-private'] ? { denyPrivate: true } : {}),
      ...(flags['ipv4'] ? { family: 4 } : flags['ipv6'] ? { family: 6 } : {}),
    } as FetchOptions,
  }
}

/** A number of at least 0. */
function numberOf(plan: CommandPlan, name: string): number | undefined {
  const text = textOf(plan, name)
  if (text === undefined) return undefined
  if (text.trim() === '' || !(Number(text) >= 0))
    throw new UsageError(`--${name} must be a number, not '${text}'`)
  return Number(text)
}

/** Bytes per second. */
export function rateOf(plan: CommandPlan): number | undefined {
  const text = textOf(plan, 'limit-rate')
  if (text === undefined) return undefined
  const rate = parseBytes(text)
  if (rate === undefined || rate === 0)
    throw new UsageError(`--limit-rate is a number of bytes such as 500k or 2m, not '${text}'`)
  return rate
}

async function bodyOf(
  plan: CommandPlan,
  headers: Headers,
  stage: Stage,
): Promise<{ body: RequestBody; method: string }> {
  const [data, forms, file] = [
    listOf(plan, 'data'),
    listOf(plan, 'form'),
    textOf(plan, 'upload-file'),
  ]
  if ([data.length > 0, forms.length > 0, file !== undefined].filter(Boolean).length > 1)
    throw new UsageError('only one of -d, -F and -T makes the body')
  if (data.length > 0) {
    const pieces = await Promise.all(data.map((text) => dataOf(text, stage)))
    headers.set('Content-Type', 'application/x-www-form-urlencoded')
    const bytes = Buffer.concat(pieces.flatMap((piece) => [AND, piece]).slice(1))
    const text = bytes.toString()
    // A file may hold anything; as text it can be shown.
    return { body: bytes.equals(Buffer.from(text)) ? text : bytes, method: 'POST' }
  }
  if (forms.length > 0) return { body: await formOf(forms, stage), method: 'POST' }
  if (file === undefined) return { body: null, method: 'GET' }
  if (file === '-') {
    if (numberOf(plan, 'retry'))
      throw new UsageError('-T - and --retry: what comes in can be sent only once')
    if (plan.operands.length > 1)
      throw new UsageError('-T - is for one URL: what comes in is read once')
    return { body: stage.stdin(), method: 'PUT' }
  }
  const blob = await fileBlob(file)
  return { body: () => blob, method: 'PUT' }
}

const AND = Buffer.from('&')

/** As it stands, or of a file by `@NAME`, or what comes in by `@-`, without its line ends, as curl has it. */
async function dataOf(text: string, { stdin }: Stage): Promise<Buffer> {
  if (!text.startsWith('@')) return Buffer.from(text)
  const path = text.slice(1)
  if (path === '-') return withoutLineEnds(Buffer.from(await new Response(stdin()).arrayBuffer()))
  const content = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  return withoutLineEnds(content)
}

function withoutLineEnds(bytes: Buffer): Buffer {
  return Buffer.from(bytes.filter((byte) => byte !== 0x0d && byte !== 0x0a))
}

/**
 * `Name: value`; `Name:` takes one of ours away, and `Name;` is an empty one.
 *
 * @param named those that were written before: a second line of a name is another field
 */
function setField(headers: Headers, line: string, named: Set<string>): void {
  const isEmpty = /^[^\s:;]+;\s*$/.test(line)
  const at = line.indexOf(isEmpty ? ';' : ':')
  // Its first word: what follows may be a secret.
  if (at < 1) throw new UsageError(`-H is 'Name: value', not '${line.replace(/\s.*/s, ' ...')}'`)
  const [name, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()]
  try {
    if ((value === '' && !isEmpty) || !named.has(name.toLowerCase())) headers.delete(name)
    if (value !== '' || isEmpty) headers.append(name, value)
    named.add(name.toLowerCase())
  } catch {
    throw new UsageError(`-H: '${name}' with that value can't be sent`)
  }
}

/** `-b` is `name=value; …`, or a file, or nothing; each is kept between requests, as by curl. */
async function jarOf(plan: CommandPlan, headers: Headers): Promise<CookieJar | undefined> {
  const given = listOf(plan, 'cookie')
  const target = textOf(plan, 'cookie-jar')
  const texts = given.filter((text) => text.includes('='))
  const [file, second] = given.filter((text) => text !== '' && !text.includes('='))
  if (second !== undefined) throw new UsageError('-b takes one file; more of them are texts')
  for (const text of texts)
    if (parseCookie(text).length === 0) throw new UsageError(`-b: '${text}' has no cookie`)
  if (texts.length > 0) headers.set('Cookie', texts.join('; '))
  if (file !== undefined) return CookieJar.load(file)
  if (target !== undefined) return CookieJar.load(target, { create: true })
  return given.length === 0 ? undefined : new CookieJar()
}

function authOf(plan: CommandPlan): AuthOption | undefined {
  const { flags } = plan
  const user = textOf(plan, 'user')
  const bearer = textOf(plan, 'bearer')
  if (bearer !== undefined) return { bearer }
  if (user === undefined) return flags['netrc'] ? { netrc: true } : undefined
  const at = user.indexOf(':')
  // Without a password it is empty: a command that asks on its own can't be part of a script.
  const [username, password] = at === -1 ? [user, ''] : [user.slice(0, at), user.slice(at + 1)]
  return { username, password, scheme: schemeOf(plan) }
}

function schemeOf({ flags }: CommandPlan): 'basic' | 'digest' | 'any' {
  return flags['digest'] ? 'digest' : flags['anyauth'] ? 'any' : 'basic'
}

/** As curl has it: a name and a password in a URL of HTTP are as good as -u, and nearer. */
export function userIn(
  url: string,
  plan: CommandPlan,
): { url: string; auth: AuthOption | undefined } {
  const at = URL.canParse(url) ? new URL(url) : undefined
  if (at === undefined || !/^https?:$/.test(at.protocol) || at.username + at.password === '')
    return { url, auth: undefined }
  try {
    const [username, password] = [decodeURIComponent(at.username), decodeURIComponent(at.password)]
    at.username = ''
    at.password = ''
    return { url: at.href, auth: { username, password, scheme: schemeOf(plan) } }
  } catch {
    throw new UsageError(`the name or password in ${maskUrl(url)} is no UTF-8 behind its percents`)
  }
}

function withScheme(proxy: string): string {
  return proxy.includes('://') ? proxy : `http://${proxy}`
}
