// Formats `request-object` and `auth`, and the cases of `python-call` that need an environment: Python's urllib.request,
// asked of the Python door.
import { kw } from '../../packages/socket/src/python.ts'
import { urllib } from '../../packages/url/src/python.ts'
import type { Case, Handler, Verdict } from './corpus.ts'
import { decode, differs, type ExpectedError, errorDiffers } from './decode.ts'

const { request } = urllib
const never = (): unknown => undefined

/** Runs something and compares what comes of it. */
async function outcome(
  run: () => unknown,
  expect: { value?: unknown; error?: ExpectedError },
): Promise<Verdict> {
  let value: unknown
  try {
    value = await run()
  } catch (error) {
    return expect.error === undefined ? String(error) : errorDiffers(error, expect.error)
  }
  if (expect.error !== undefined) return errorDiffers(undefined, expect.error)
  return differs(value, expect.value)
}

/** @returns what is wrong, or `undefined` */
export function runRequestObject(test: Case): Verdict {
  const expect = test['expect'] as Record<string, unknown>
  const pairs = decode(test['args'], never) as Record<string, unknown>
  const { proxy, ...given } = pairs
  let made: InstanceType<typeof request.Request>
  try {
    made = request.Request(test['url'] as string, kw(given))
    if (proxy !== undefined) {
      const [host, type] = proxy as [string, string]
      made.set_proxy(host, type)
    }
  } catch (error) {
    const wanted = expect['error'] as ExpectedError | undefined
    return wanted === undefined ? String(error) : errorDiffers(error, wanted)
  }
  if (expect['error'] !== undefined)
    return errorDiffers(undefined, expect['error'] as ExpectedError)
  const found: Record<string, unknown> = {
    full_url: made.full_url,
    type: made.type,
    host: made.host,
    selector: made.selector,
    fragment: made.fragment,
    origin_req_host: made.origin_req_host,
    method: made.get_method(),
    // They are recorded in the order of their names.
    header_items: made.header_items().sort(([a], [b]) => (a < b ? -1 : 1)),
    has_proxy: made.has_proxy(),
    unverifiable: made.unverifiable,
  }
  for (const [name, value] of Object.entries(expect)) {
    const wrong = differs(found[name], value)
    if (wrong !== undefined) return `${name}: ${wrong}`
  }
  return undefined
}

/** A handler whose nonces are those of the recording. */
class Recorded extends request.AbstractDigestAuthHandler {
  cnonce = ''
  override get_cnonce(): string {
    return this.cnonce
  }
}

/** @returns what is wrong, or `undefined` */
export function runAuth(test: Case): Promise<Verdict> | Verdict {
  const expect = test['expect'] as { value?: unknown; error?: ExpectedError; second?: unknown }
  if (test.name.startsWith('basic-realm/')) {
    const handler = request.AbstractBasicAuthHandler()
    return outcome(() => [...handler._parse_realm(test['header'] as string)], expect)
  }
  if (test.name.startsWith('password-mgr/')) {
    const manager = request.HTTPPasswordMgrWithDefaultRealm()
    for (const add of test['adds'] as [null, string, string, string][]) manager.add_password(...add)
    return outcome(() => manager.find_user_password(...(test['find'] as unknown[])), expect)
  }
  return runDigest(test, expect)
}

async function runDigest(
  test: Case,
  expect: { value?: unknown; error?: ExpectedError; second?: unknown },
): Promise<Verdict> {
  const manager = request.HTTPPasswordMgrWithDefaultRealm()
  const { url, user, password } = test as unknown as Record<string, string>
  manager.add_password(null, url as string, user as string, password as string)
  const handler = new Recorded(manager)
  handler.cnonce = test['cnonce'] as string
  const made = request.Request(
    test['url'] as string,
    kw({ data: decode(test['body'], never), method: test['method'] }),
  )
  const challenge = String(test['challenge'])
  const ask = (): unknown =>
    handler.get_authorization(
      made,
      request.parse_keqv_list(
        request
          .parse_http_list(challenge.slice(challenge.indexOf(' ') + 1))
          .filter((item) => item !== ''),
      ),
    )
  const first = await outcome(ask, expect)
  if (first !== undefined || expect.second === undefined) return first
  return outcome(ask, { value: expect.second })
}

/** Sets the environment that a case names, and puts it back. */
export function withEnvironment(otherwise: Handler): Handler {
  return async (test) => {
    const env = test['env'] as Record<string, string> | undefined
    if (env === undefined) return otherwise(test)
    const before = { ...process.env }
    for (const name of Object.keys(process.env))
      if (/_proxy$|^REQUEST_METHOD$/i.test(name)) delete process.env[name]
    Object.assign(process.env, env)
    try {
      return await ('deno' in process.versions ? inAnyOrder(test, otherwise) : otherwise(test))
    } finally {
      for (const name of Object.keys(env)) delete process.env[name]
      Object.assign(process.env, before)
    }
  }
}

/** Deno tells the environment in another order each time, and so do dicts that are made of it. */
function inAnyOrder(test: Case, otherwise: Handler): ReturnType<Handler> {
  const { value } = test['expect'] as { value?: { $dict?: [string, unknown][] } }
  if (test['fn'] !== 'urllib.request.getproxies_environment' || value?.$dict === undefined)
    return otherwise(test)
  const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)
  const found = Object.entries(request.getproxies_environment()).sort(byName)
  return differs(Object.fromEntries(found), { $dict: [...value.$dict].sort(byName) })
}
