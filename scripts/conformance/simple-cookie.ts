// Formats `simplecookie` and `table`: Python's http.cookies, and its tables of statuses and methods.
import { http } from '../../packages/http/src/python.ts'
import type { Case, Verdict } from './corpus.ts'
import { differs, type ExpectedError, errorDiffers } from './decode.ts'

const { cookies } = http

/** @returns what is wrong, or `undefined` */
export function runSimpleCookie(test: Case): Verdict {
  const expect = test['expect'] as Record<string, unknown>
  let found: Record<string, unknown> = {}
  let error: unknown
  try {
    found = play(test)
  } catch (caught) {
    error = caught
  }
  const wanted = expect['error'] as ExpectedError | undefined
  if (wanted !== undefined) return errorDiffers(error, wanted)
  if (error !== undefined) return String(error)
  for (const [name, value] of Object.entries(expect)) {
    const wrong =
      name === 'cookies' ? cookiesDiffer(found[name], value) : differs(found[name], value)
    if (wrong !== undefined) return `${name}: ${wrong}`
  }
  return undefined
}

function play(test: Case): Record<string, unknown> {
  const jar = cookies.SimpleCookie()
  if (test['op'] === 'load') {
    jar.load(test['input'] as string)
    const list = jar.items().map(([key, morsel]) => [
      key,
      {
        value: morsel.value,
        coded_value: morsel.coded_value,
        attrs: Object.fromEntries(morsel.items().filter(([, value]) => value !== '')),
      },
    ])
    return { cookies: list, output: jar.output(), output_header: jar.output([], 'Cookie:', '; ') }
  }
  if (test['op'] === 'set') {
    jar.__setitem__(test['key'] as string, test['value'])
    const { value, coded_value } = jar.__getitem__(test['key'] as string)
    return { value, coded_value, output: jar.output() }
  }
  jar.__setitem__('k', 'v')
  const morsel = jar.__getitem__('k')
  morsel.__setitem__(test['attr'] as string, test['value'])
  return {
    output: morsel.output(),
    OutputString: morsel.OutputString(),
    js_output: morsel.js_output(),
  }
}

interface Told {
  readonly value: unknown
  readonly coded_value: unknown
  readonly attrs: Readonly<Record<string, unknown>>
}

function cookiesDiffer(found: unknown, wanted: unknown): string | undefined {
  const names = (list: unknown): unknown[] => (list as [string, Told][]).map(([key]) => key)
  const wrong = differs(names(found), names(wanted))
  if (wrong !== undefined) return wrong
  for (const [at, [, want]] of (wanted as [string, Told][]).entries()) {
    const [, have] = (found as [string, Told][])[at] as [string, Told]
    const pairs = (told: Told): unknown[] => [
      told.value,
      told.coded_value,
      ...Object.entries(told.attrs).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]
    const different = differs(pairs(have), pairs(want))
    if (different !== undefined) return different
  }
  return undefined
}

/** @returns what is wrong, or `undefined` */
export function runTable(test: Case): Verdict {
  const name = String(test['enum'])
  if (test.name.startsWith('HTTPMethod/'))
    return differs((http.HTTPMethod as Record<string, string>)[name], test['value'])
  const { value, phrase, description } = http.HTTPStatus(test['value'] as number)
  return (
    differs((http.HTTPStatus as unknown as Record<string, number>)[name], value) ??
    differs([value, phrase, description], [test['value'], test['phrase'], test['description']])
  )
}
