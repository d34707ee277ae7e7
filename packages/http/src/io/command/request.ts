/** `sluice-http request METHOD URL`: one exchange, shown as `curl -v` shows it; the body goes to the standard output. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { HttpTraceEvent } from '../../core/trace-events.ts'
import { request } from '../client.ts'
import { type CommandPlan, type Stage, UsageError } from './stage.ts'

/** Runs the command. @throws what went wrong */
export async function requestCommand(
  { operands, flags }: CommandPlan,
  stage: Stage,
): Promise<number> {
  const [method, url, ...rest] = operands
  if (method === undefined || url === undefined || rest.length > 0)
    throw new UsageError('request takes METHOD and URL; --help says more')
  const seconds = flags['max-time']
  if (seconds !== undefined && !(Number(seconds) > 0))
    throw new UsageError(`--max-time must be a number of seconds, not '${String(seconds)}'`)
  const show = (event: unknown): void => {
    for (const line of linesOf(event as HttpTraceEvent)) stage.stderr.write(`${line}\n`)
  }
  subscribe('sluice:http', show)
  try {
    const response = await request(url, {
      method,
      headers: ((flags['header'] as string[] | undefined) ?? []).map(readField),
      decode: true,
      signal: stage.signal,
      ...(flags['data'] === undefined ? {} : { body: String(flags['data']) }),
      ...(flags['proxy'] === undefined ? {} : { proxy: String(flags['proxy']) }),
      ...(flags['insecure'] ? { tls: { verify: false } } : {}),
      ...(seconds === undefined ? {} : { timeout: Number(seconds) * 1000 }),
    })
    if (response.body !== null)
      for await (const piece of response.body)
        await new Promise<void>((resolve, reject) => {
          stage.stdout.write(piece, (error) => (error ? reject(error) : resolve()))
        })
    return 0
  } finally {
    unsubscribe('sluice:http', show)
  }
}

function readField(text: string): [string, string] {
  const at = text.indexOf(':')
  if (at < 1) throw new UsageError(`a field is 'Name: value', not '${text}'`)
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

/** `> GET / HTTP/1.1` and its fields, `< HTTP/1.1 200` and its fields. */
function linesOf(event: HttpTraceEvent): string[] {
  if (event.name === 'request-head')
    return [`> ${event.method} ${event.target} HTTP/1.1`, ...fieldsOf(event.headers, '>')]
  if (event.name === 'response-head')
    return [`< HTTP/1.1 ${event.status}`, ...fieldsOf(event.headers, '<')]
  return []
}

function fieldsOf(section: string, mark: string): string[] {
  const lines = section.split('\r\n').filter((line) => line !== '')
  return [...lines, ''].map((line) => `${mark} ${line}`.trimEnd())
}
