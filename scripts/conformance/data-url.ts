// Format `data-url`: a URL, and the media type, length and body that Python's DataHandler finds in it.
import { parseDataUrl } from '../../packages/url/src/parse.ts'
import type { Case, Verdict } from './corpus.ts'
import { type ExpectedError, show } from './decode.ts'

interface Expected {
  headers?: [string, string][]
  body?: { $bytes: string }
  error?: ExpectedError
}

/** @returns what is wrong, or `undefined` */
export function runDataUrl(test: Case): Verdict {
  const expected = test['expect'] as Expected
  try {
    const { declared, body } = parseDataUrl(String(test['url']))
    const type = declared || 'text/plain;charset=US-ASCII'
    const found = [type, String(body.length), Buffer.from(body).toString('base64')]
    const wanted = [...(expected.headers ?? []).map(([, value]) => value), expected.body?.$bytes]
    return show(found) === show(wanted) ? undefined : `${show(found)} instead of ${show(wanted)}`
  } catch (error) {
    // Python's ValueError for text that cannot be is SyntaxError in the main door.
    if (error instanceof SyntaxError && expected.error?.type === 'ValueError') return undefined
    throw error
  }
}
