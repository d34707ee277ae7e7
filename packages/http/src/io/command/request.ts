/** `sluice-http request METHOD URL`: one exchange, shown as `curl -v` shows it; the body goes to the standard output. */
import { request } from '../client.ts'
import { watchExchanges } from '../watch.ts'
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
  const watching = watchExchanges((line) => void stage.stderr.write(`${line}\n`))
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
    watching.stop()
  }
}

function readField(text: string): [string, string] {
  const at = text.indexOf(':')
  if (at < 1) throw new UsageError(`a field is 'Name: value', not '${text}'`)
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
