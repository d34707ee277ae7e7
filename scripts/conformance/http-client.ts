// Formats `http-client-response`, `http-client-request`, `parse-headers`: what Python's http.client reads and writes, asked
// of the Python door. A response is read from a file in memory, whole and a byte at a time.

import { http } from '../../packages/http/src/python.ts'
import { builtins, kw } from '../../packages/socket/src/python.ts'
import type { Case, Verdict } from './corpus.ts'
import { decode, differs, type ExpectedError, errorDiffers } from './decode.ts'

interface Rfc {
  readonly expect: 'accept' | 'reject' | 'either'
}

const bytesOf = (base64: unknown): Uint8Array =>
  new Uint8Array(Buffer.from(String(base64), 'base64'))

/** A file in memory, as far as the doors need one. */
export interface MemoryFile {
  rest(): Uint8Array
  read(size?: number): Uint8Array
  read1(size: number): Uint8Array
  readline(limit?: number): Uint8Array
  peek(): Uint8Array
  fileno(): number
  flush(): void
  close(): void
}

/** A file in memory that gives at most `most` bytes in one read of what is there. */
export function fileOf(bytes: Uint8Array, most: number = Number.POSITIVE_INFINITY): MemoryFile {
  let at = 0
  const take = (size: number): Uint8Array => {
    const part = bytes.subarray(at, at + Math.max(0, size))
    at += part.length
    return part
  }
  return {
    rest: () => bytes.subarray(at),
    read: (size) => take(size === undefined || size < 0 ? bytes.length : size),
    read1: (size) => take(Math.min(size < 0 ? bytes.length : size, most)),
    readline: (limit = -1) => {
      const end = bytes.indexOf(10, at)
      const line = (end === -1 ? bytes.length : end + 1) - at
      return take(limit < 0 ? line : Math.min(line, limit))
    },
    peek: () => bytes.subarray(at, at + Math.min(most, bytes.length)),
    fileno: () => -1,
    flush: () => {},
    close: () => {},
  }
}

/** @returns what is wrong, or `undefined` */
export async function runClientResponse(test: Case): Promise<Verdict> {
  const rfc = test['rfc9112'] as Rfc | undefined
  const expect = test['expect'] as Record<string, unknown>
  for (const most of [Number.POSITIVE_INFINITY, 1]) {
    const file = fileOf(bytesOf(test['bytes']), most)
    const socket = { makefile: () => file, sendall: () => {}, close: () => {} }
    const response = http.client.HTTPResponse(socket, kw({ method: test['method'] }))
    let error: unknown
    let body: Uint8Array | undefined
    try {
      await response.begin()
      body = most === 1 ? await piecewise(response) : await response.read()
    } catch (caught) {
      error = caught
    }
    const isRefused = error !== undefined
    if (
      isRefused &&
      !(error instanceof http.client.HTTPException || error instanceof builtins.OSError)
    )
      return `an error of another kind: ${String(error)}`
    if (rfc?.expect === 'reject') {
      if (!isRefused) return 'is taken, and the RFC refuses it'
      continue
    }
    if (rfc?.expect === 'either' && isRefused) continue
    const wrong = compare(response, body, error, expect)
    if (wrong !== undefined) return `${most === 1 ? 'a byte at a time: ' : ''}${wrong}`
  }
  return undefined
}

async function piecewise(
  response: InstanceType<typeof http.client.HTTPResponse>,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let part = await response.read(1); part.length > 0; part = await response.read(1))
    parts.push(part)
  // What is missing at the end is told by `read()` alone; `read(1)` ends there, as in CPython.
  if (!response.isclosed()) parts.push(await response.read())
  return Buffer.concat(parts)
}

function compare(
  response: InstanceType<typeof http.client.HTTPResponse>,
  body: Uint8Array | undefined,
  error: unknown,
  expect: Record<string, unknown>,
): Verdict {
  const wanted = expect['error'] as ExpectedError | undefined
  if (wanted !== undefined) return errorDiffers(error, wanted)
  for (const name of ['version', 'status', 'reason', 'chunked', 'will_close'] as const) {
    const wrong = differs(response[name], expect[name])
    if (wrong !== undefined) return `${name}: ${wrong}`
  }
  const fields = differs(response.getheaders(), expect['headers'])
  if (fields !== undefined) return `headers: ${fields}`
  const inBody = expect['body'] as { value?: unknown; error?: ExpectedError }
  if (inBody.error !== undefined)
    // Read in pieces, a length that is not reached is no error in CPython either.
    return error === undefined && body !== undefined ? undefined : errorDiffers(error, inBody.error)
  if (error !== undefined) return String(error)
  return differs(body, inBody.value)
}

/** @returns what is wrong, or `undefined` */
export async function runClientRequest(test: Case): Promise<Verdict> {
  const sent: Uint8Array[] = []
  const expect = test['expect'] as Record<string, unknown>
  const never = (): unknown => undefined
  let error: unknown
  try {
    const connection = http.client.HTTPConnection(test['host'] as string, test['port'] as number)
    connection.sock = {
      makefile: () => fileOf(new Uint8Array(0)),
      sendall: (data: Uint8Array) => sent.push(data),
      close: never,
    }
    await connection.request(
      test['method'] as string,
      test['url'] as string,
      decode(test['body'], never) as Uint8Array,
      decode(test['headers'], never) as Record<string, unknown>,
      kw({ encode_chunked: test['encode_chunked'] }),
    )
  } catch (caught) {
    error = caught
  }
  const wanted = expect['error'] as ExpectedError | undefined
  if (wanted !== undefined) return errorDiffers(error, wanted)
  if (error !== undefined) return String(error)
  const wire = Buffer.concat(sent)
  return wire.equals(bytesOf(expect['bytes']))
    ? undefined
    : `${JSON.stringify(wire.toString('latin1'))} instead of ${JSON.stringify(Buffer.from(bytesOf(expect['bytes'])).toString('latin1'))}`
}

/** @returns what is wrong, or `undefined` */
export async function runParseHeaders(test: Case): Promise<Verdict> {
  const expect = test['expect'] as Record<string, unknown>
  const file = fileOf(bytesOf(test['bytes']))
  let error: unknown
  let message: InstanceType<typeof http.client.HTTPMessage> | undefined
  try {
    message = await http.client.parse_headers(file)
  } catch (caught) {
    error = caught
  }
  const wanted = expect['error'] as ExpectedError | undefined
  if (wanted !== undefined) return errorDiffers(error, wanted)
  if (message === undefined) return String(error)
  for (const [name, value] of [
    ['items', message.items()],
    ['content_type', message.get_content_type()],
    ['charset', message.get_content_charset()],
    ['filename', message.get_filename()],
    ['rest', file.rest()],
  ] as const) {
    const wrong = differs(value, expect[name])
    if (wrong !== undefined) return `${name}: ${wrong}`
  }
  return undefined
}
