/**
 * `accessLog`: a handler that writes a line for each response, once it has left or its client was lost. What a line looks
 * like is in `core/access-log.ts`.
 */
import { type AccessRecord, formatCombined, formatJson } from '../../core/access-log.ts'
import { parseBasic } from '../../core/basic-auth.ts'
import { checkOptions } from '../../core/check-options.ts'
import { isProtocolError } from '../../core/errors.ts'
import { fence } from '../fence.ts'
import type { Info } from '../info.ts'
import { type Handler, toHandler } from '../server-context.ts'

/** How to log. */
export interface AccessLogOptions {
  /** `combined`, as Apache and nginx write it, `json`, or a function; `undefined` from it leaves a line out. Default combined. */
  format?: 'combined' | 'json' | ((record: AccessRecord) => string | undefined) | undefined
  /** Gets each line, without its end; default: the standard output. What it throws, or rejects with, is dropped. */
  write?: ((line: string) => void) | undefined
}

const FORMATS = { combined: formatCombined, json: formatJson }

/**
 * Wraps a handler so that each response is logged once it has left. Requests that reach no handler, since they break HTTP or
 * a cap, are counted in `server.stats()` and have no line.
 *
 * @param handler a function, or an object with such a `fetch`; the outermost one, so that what others answer is seen
 * @param options the form of a line, and where it goes
 * @returns a handler
 * @throws {TypeError} for options that make no sense
 * @see Apache mod_log_config, "combined"
 * @example const server = await serve(accessLog(() => new Response('hi'), { format: 'json' }), { port: 8080 })
 */
export function accessLog(
  handler: Handler | { fetch: Handler },
  options: AccessLogOptions = {},
): Handler {
  checkOptions('accessLog', options, ['format', 'write'])
  const next = toHandler(handler)
  const { format = 'combined', write = writeOut } = options
  if (typeof format !== 'function' && !Object.hasOwn(FORMATS, format))
    throw new TypeError(`accessLog: format is combined, json or a function, not ${String(format)}`)
  const formatLine = typeof format === 'function' ? format : FORMATS[format]
  // A log that fails must not become a failure of the server.
  const log = (record: AccessRecord): void =>
    fence(() => {
      const line: unknown = formatLine(record)
      // An async format gives no line, and its rejection is a failure as any other.
      return typeof line === 'string' ? write(line) : line
    })
  return async (request, info) => {
    const began = performance.now()
    const time = Date.now()
    const tell = (status: number): void => {
      const record = (isComplete: boolean): void => {
        const elapsed = Math.round((performance.now() - began) * 1000) / 1000
        log({ time, status, isComplete, elapsed, ...factsOf(request, info, status) })
      }
      info.completed.then(
        () => record(true),
        () => record(false),
      )
    }
    try {
      const response = await next(request, info)
      tell(response.status)
      return response
    } catch (error) {
      tell(isProtocolError(error, 'remote') ? error.statusHint : 500)
      throw error
    }
  }
}

function factsOf(
  { method, headers }: globalThis.Request,
  { remoteAddress, target, version, bytesSent }: Info,
  status: number,
): Omit<AccessRecord, 'time' | 'status' | 'isComplete' | 'elapsed'> {
  return {
    address: remoteAddress?.hostname ?? '-',
    // A name that was refused is nobody's.
    user: status === 401 ? null : (parseBasic(headers.get('authorization'))?.username ?? null),
    method,
    target,
    version,
    bytes: bytesSent,
    referer: headers.get('referer'),
    agent: headers.get('user-agent'),
  }
}

function writeOut(line: string): void {
  process.stdout.write(`${line}\n`)
}
