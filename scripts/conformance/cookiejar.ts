// Formats `cookiejar-scenario` and `cookiejar-file`, and the functions of `http.cookiejar` that take a request: Python's
// jars, asked of the Python door.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kw } from '../../packages/socket/src/python.ts'
import { http as door, urllib } from '../../packages/url/src/python.ts'
import type { Case, Verdict } from './corpus.ts'
import { decode, differs, type ExpectedError, errorDiffers } from './decode.ts'

const { Request } = urllib.request
const never = (): unknown => undefined
type Jar = InstanceType<typeof door.cookiejar.CookieJar>

/** Where a case has a URL and the function wants a request. */
const ofRequest =
  (fn: (request: unknown) => unknown): ((url: string) => unknown) =>
  (url) =>
    fn(Request(url))

/** `http.cookiejar` for cases of `python-call`. */
export const cookiejar: Readonly<Record<string, unknown>> = {
  ...door.cookiejar,
  request_host: ofRequest(door.cookiejar.request_host),
  request_path: ofRequest(door.cookiejar.request_path),
  request_port: ofRequest(door.cookiejar.request_port),
  eff_request_host: ofRequest(door.cookiejar.eff_request_host),
}

/** Runs something at a time that the case names. */
async function at<T>(clock: { now: number }, run: () => Promise<T>): Promise<T> {
  const { now } = Date
  Date.now = () => clock.now * 1000
  try {
    return await run()
  } finally {
    Date.now = now
  }
}

/** @returns what is wrong, or `undefined` */
export function runJarScenario(test: Case): Promise<Verdict> {
  const clock = { now: test['now'] as number }
  return at(clock, async () => {
    const policy = door.cookiejar.DefaultCookiePolicy(kw(test['policy'] as Record<string, unknown>))
    const jar = door.cookiejar.CookieJar(policy)
    const { results, jar: rows } = test['expect'] as { results: unknown[]; jar: unknown }
    for (const [number, step] of (test['steps'] as Step[]).entries()) {
      const wrong = stepDiffers(jar, clock, step, results[number])
      if (wrong !== undefined) return `step ${number} (${step[0]}): ${wrong}`
    }
    return differs([...jar].map(rowOf), rows)
  })
}
type Step = [verb: string, ...rest: unknown[]]

function stepDiffers(jar: Jar, clock: { now: number }, step: Step, expected: unknown): Verdict {
  const wanted = (expected as { error?: ExpectedError } | null)?.error
  let value: unknown
  try {
    value = play(jar, clock, step)
  } catch (error) {
    return wanted === undefined ? String(error) : errorDiffers(error, wanted)
  }
  return wanted === undefined ? differs(value, expected) : errorDiffers(undefined, wanted)
}

function play(jar: Jar, clock: { now: number }, [verb, what, headers]: Step): unknown {
  if (verb === 'time') clock.now = what as number
  else if (verb === 'clear') jar.clear(...((what as string[] | undefined) ?? []))
  else if (verb === 'clear_session') jar.clear_session_cookies()
  else if (verb === 'clear_expired') jar.clear_expired_cookies()
  else if (verb === 'set') jar.extract_cookies(responseWith(headers), Request(what as string))
  else if (verb === 'get') {
    const request = Request(what as string)
    jar.add_cookie_header(request)
    return [request.get_header('Cookie'), request.get_header('Cookie2')]
  } else throw new TypeError(`no such step: ${verb}`)
  return null
}

function responseWith(headers: unknown): Parameters<Jar['extract_cookies']>[0] {
  const fields: Readonly<Record<string, readonly string[]>> = Array.isArray(headers)
    ? { 'Set-Cookie': headers }
    : (decode(headers, never) as Record<string, readonly string[]>)
  return { info: () => ({ get_all: (name) => fields[name] ?? [] }) }
}

function rowOf(cookie: InstanceType<typeof door.cookiejar.Cookie>): unknown[] {
  const { version, name, value, port, domain, path, secure, expires, discard, comment } = cookie
  const specified = [cookie.domain_specified, cookie.domain_initial_dot]
  const end = [path, cookie.path_specified, secure, expires, discard, comment]
  return [version, name, value, port, domain, ...specified, ...end]
}

/** @returns what is wrong, or `undefined` */
export async function runJarFile(test: Case): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-jar-'))
  try {
    return await at({ now: test['now'] as number }, () => fileDiffers(test, join(folder, 'jar')))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function fileDiffers(test: Case, path: string): Promise<Verdict> {
  const { LWPCookieJar, MozillaCookieJar } = door.cookiejar
  const jar = test['kind'] === 'lwp' ? LWPCookieJar(path) : MozillaCookieJar(path)
  const expect = test['expect'] as { error?: ExpectedError; jar?: unknown; saved?: string }
  await writeFile(path, test['text'] as string)
  const flags = kw(test['flags'] as Record<string, unknown>)
  try {
    await jar.load(flags)
  } catch (error) {
    if (expect.error === undefined) return String(error)
    const message = expect.error.message.replaceAll('<file>', path)
    return errorDiffers(error, { ...expect.error, message })
  }
  if (expect.error !== undefined) return errorDiffers(undefined, expect.error)
  const rows = [...jar].map((cookie) => {
    const { version, name, value, port, domain, secure, expires, discard, _rest } = cookie
    return [version, name, value, port, domain, cookie.path, secure, expires, discard, _rest]
  })
  const wrong = differs(rows, expect.jar)
  if (wrong !== undefined) return wrong
  await jar.save(flags)
  return differs(await readFile(path, 'utf8'), expect.saved)
}
