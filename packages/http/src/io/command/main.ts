/**
 * `sluice-http`: serves a folder, or makes one request and shows it. Arguments to exit status; what is served and how is
 * in the files beside this one.
 */

import { parseArgs } from 'node:util'
import { codeOf, isNetError, isTimeoutError, isTlsError } from '@sluice/socket/errors'
import { visible } from '../trace-lines.ts'
import { requestCommand } from './request.ts'
import { serveCommand } from './serve.ts'
import { type CommandPlan, type Stage, UsageError } from './stage.ts'

const USAGE = `sluice-http [OPTIONS] [DIR]            serves a folder, the present one by default
sluice-http request [OPTIONS] METHOD URL   makes one request and shows both sides of it

  -p, --port N            default 8000; 0: one that is free
  -b, --bind HOST         default 127.0.0.1; 0.0.0.0 or :: lets others in
      --index FILE        stands for its folder, default index.html
      --spa FILE          answers for every page without a file of its own, e.g. index.html
      --no-listing        folders without an index are 404
      --hidden            serves names with a dot in front
      --cors              lets pages of other origins read
      --auth USER:PASS    asks for a name and a password (use it with TLS)
      --tls-cert FILE     speaks TLS with this certificate (PEM)
      --tls-key FILE      and this key; default: in the same file
      --cache SECONDS     lets browsers keep what they got
      --compress          compresses what gets smaller for those who take it
      --rate BYTES        a second at most for each response, e.g. 500k, 2m: a slow line
      --workers N         processes that share the port
      --log FORM          combined (default), json, none
  -H, --header 'A: b'     (request) a field; more than once for several
  -d, --data TEXT         (request) a body
  -x, --proxy URL         (request) through a proxy
  -k, --insecure          (request) do not look at the certificate
      --max-time SECONDS  (request) for the whole of it
  -h, --help              this

The exit status is curl’s: 3 bad URL, 6 no such host, 7 no connection, 28 too late, 45 port in use, 60 certificate.`

const OPTIONS = {
  port: { type: 'string', short: 'p' },
  bind: { type: 'string', short: 'b' },
  index: { type: 'string' },
  spa: { type: 'string' },
  'no-listing': { type: 'boolean' },
  hidden: { type: 'boolean' },
  cors: { type: 'boolean' },
  auth: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  cache: { type: 'string' },
  compress: { type: 'boolean' },
  rate: { type: 'string' },
  workers: { type: 'string' },
  log: { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  data: { type: 'string', short: 'd' },
  proxy: { type: 'string', short: 'x' },
  insecure: { type: 'boolean', short: 'k' },
  'max-time': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Runs a command line.
 *
 * @param args without the program's name
 * @returns the exit status; everything that was opened is closed
 */
export async function main(args: readonly string[], stage: Stage): Promise<number> {
  // What is said to people may find nobody (`2>&1 | head`). It is not what the command is for: it goes on, to its own status.
  stage.stderr.on?.('error', () => {})
  try {
    const plan = read(args)
    if (plan.flags['help']) {
      stage.stdout.write(`${USAGE}\n`)
      return 0
    }
    const [first, ...rest] = plan.operands
    if (first === 'request') return await requestCommand({ ...plan, operands: rest }, stage)
    if (rest.length > 0) throw new UsageError('one folder is served at a time; --help says more')
    return await serveCommand(plan, stage)
  } catch (error) {
    if (stage.signal.aborted) return 130
    const message = error instanceof Error ? error.message : String(error)
    stage.stderr.write(`sluice-http: ${visible(message.split('\n', 1)[0] ?? '')}\n`)
    return exitCodeOf(error)
  }
}

function read(args: readonly string[]): CommandPlan {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPTIONS,
      allowPositionals: true,
    })
    return { operands: positionals, flags: values }
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\. To specify.*$/s, ''))
  }
}

/** curl's numbers. */
function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2
  if (isTimeoutError(error)) return 28
  if (isTlsError(error)) return /CERT|ISSUER|SELF_SIGNED|ALTNAME/.test(error.code) ? 60 : 35
  if (isNetError(error)) {
    const byPhase: Record<string, number> = {
      lookup: 6,
      connect: 7,
      bind: 45,
      listen: 45,
      proxy: 97,
      send: 55,
    }
    return byPhase[error.phase] ?? 56
  }
  if (error instanceof TypeError) return 3
  return codeOf(error)?.startsWith('E') ? 26 : 2
}
