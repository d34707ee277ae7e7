// Format `http-server-request`: what Python's http.server makes of the head of a request, asked of the Python door; and the
// methods of its handlers that are recorded as functions.
import { http } from '../../packages/http/src/python.ts'
import { kw } from '../../packages/socket/src/python.ts'
import type { Case, Verdict } from './corpus.ts'
import { differs } from './decode.ts'
import { fileOf, type MemoryFile } from './http-client.ts'

/** A handler without a connection: what it would send is kept. */
class Alone extends http.server.SimpleHTTPRequestHandler {
  static override protocol_version = 'HTTP/1.1'
  refusal: { code: number } | null = null
  isExpecting = false

  constructor(bytes: Uint8Array) {
    super(null, ['127.0.0.1', 0], null, kw({ directory: '/srv/root' }))
    this.rfile = fileOf(bytes) as never
  }
  override setup(): Promise<unknown> {
    return Promise.resolve(null)
  }
  override async handle(): Promise<void> {}
  override finish(): Promise<unknown> {
    return Promise.resolve(null)
  }
  override async send_error(code: unknown): Promise<void> {
    this.refusal = { code: code as number }
  }
  override async handle_expect_100(): Promise<boolean> {
    this.isExpecting = true
    return true
  }
}

/** @returns what is wrong, or `undefined` */
export async function runServerRequest(test: Case): Promise<Verdict> {
  const rfc = (test['rfc9112'] as { expect: string } | undefined)?.expect
  const expect = test['expect'] as Record<string, unknown>
  const handler = new Alone(new Uint8Array(Buffer.from(String(test['bytes']), 'base64')))
  const line = await (handler.rfile as unknown as MemoryFile).readline(65_537)
  handler.raw_requestline = line
  let ok = false
  if (line.length > 65_536) handler.refusal = { code: 414 }
  else ok = await handler.parse_request()
  if (rfc === 'reject') return ok ? 'is taken, and the RFC refuses it' : undefined
  if (rfc === 'either' && !ok) return undefined
  const headers = ok ? handler.headers.items() : null
  const refused = expect['send_error'] as { code: number } | null
  for (const [name, value] of [
    ['ok', ok],
    ['close_connection', handler.close_connection ?? true],
    ['request_version', handler.request_version],
    ...(ok
      ? ([
          ['command', handler.command],
          ['path', handler.path],
          ['headers', headers],
          ['expect_100', handler.isExpecting],
        ] as const)
      : []),
  ] as const) {
    const wrong = name in expect ? differs(value, expect[name]) : undefined
    if (wrong !== undefined) return `${name}: ${wrong}`
  }
  return differs(handler.refusal?.code ?? null, refused?.code ?? null)
}

/** Methods of handlers as functions, for the format `python-call`. */
export const HANDLER_METHODS: {
  readonly server: {
    readonly SimpleHTTPRequestHandler: Readonly<Record<string, (...args: unknown[]) => string>>
    readonly _url_collapse_path: (...args: unknown[]) => string
  }
} = {
  server: {
    SimpleHTTPRequestHandler: {
      translate_path: (...args: unknown[]): string =>
        new Alone(new Uint8Array(0)).translate_path(...args),
      guess_type: (...args: unknown[]): string => new Alone(new Uint8Array(0)).guess_type(...args),
    },
    _url_collapse_path: http.server._url_collapse_path,
  },
}
