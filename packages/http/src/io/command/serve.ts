/** `sluice-http [DIR]`: serves a folder until Ctrl-C, and finishes what it has begun. */
import { readFile, stat } from 'node:fs/promises'
import { networkInterfaces } from '@sluice/socket/dns'
import { accessLog } from '../handlers/access-log.ts'
import { basicAuth } from '../handlers/basic-auth.ts'
import { cors } from '../handlers/cors.ts'
import type { ServeOptions } from '../serve-options.ts'
import { type Server, serve } from '../server.ts'
import type { Handler } from '../server-context.ts'
import { staticFiles } from '../static-files.ts'
import { type CommandPlan, type Stage, UsageError } from './stage.ts'

/** Runs the command. @throws what keeps it from beginning */
export async function serveCommand(
  { operands, flags }: CommandPlan,
  stage: Stage,
): Promise<number> {
  const [folder = '.'] = operands
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined) throw new UsageError(`there is no folder ${JSON.stringify(folder)}`)
  if (!found.isDirectory()) throw new UsageError(`${JSON.stringify(folder)} is no folder`)
  const cache = numberOf(flags, 'cache')
  const files = staticFiles(folder, {
    listing: !flags['no-listing'],
    hidden: Boolean(flags['hidden']),
    precompressed: true,
    ...(flags['spa'] === undefined ? {} : { fallback: String(flags['spa']) }),
    ...(cache === undefined ? {} : { maxAge: cache }),
  })
  const tls = await tlsOf(flags)
  const options: ServeOptions = {
    hostname: String(flags['bind'] ?? '127.0.0.1'),
    port: numberOf(flags, 'port') ?? 8000,
    ...(tls === undefined ? {} : { tls }),
    onError: (error) => void stage.stderr.write(`sluice-http: ${(error as Error).message}\n`),
  }
  const server = await serve(wrapped(files, flags, stage), options)
  stage.stderr.write(`serving ${folder} at ${addressesOf(server).join(' and ')}, Ctrl-C ends it\n`)
  await new Promise<void>((resolve) => {
    if (stage.signal.aborted) resolve()
    stage.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await server.shutdown({ grace: 2_000 })
  return 0
}

function numberOf(flags: CommandPlan['flags'], name: string): number | undefined {
  const text = flags[name]
  if (text === undefined) return undefined
  if (!/^\d+$/.test(String(text)))
    throw new UsageError(`--${name} must be a number, not '${String(text)}'`)
  return Number(text)
}

async function tlsOf(flags: CommandPlan['flags']): Promise<ServeOptions['tls']> {
  if (flags['cert'] === undefined) return undefined
  const cert = await readFile(String(flags['cert']), 'utf8')
  // PEM files often hold both.
  return {
    cert,
    key: flags['key'] === undefined ? cert : await readFile(String(flags['key']), 'utf8'),
  }
}

/** A wildcard is every address of this machine: those are what somebody types into a phone. */
function addressesOf(server: Server): string[] {
  const { address, url } = server
  if (address.family === 'Unix' || !/^(?:0\.0\.0\.0|::)$/.test(address.hostname)) return [url]
  const own = networkInterfaces().flatMap(({ addresses }) =>
    addresses.filter((one) => one.includes('.')),
  )
  return own.map((one) => url.replace(/0\.0\.0\.0|\[::\]/, one))
}

/** What stands around the files: a log, CORS, a password. */
function wrapped(files: Handler, flags: CommandPlan['flags'], stage: Stage): Handler {
  let handler = files
  const auth = flags['auth'] === undefined ? undefined : String(flags['auth'])
  if (auth !== undefined) {
    const at = auth.indexOf(':')
    if (at === -1) throw new UsageError('--auth needs USER:PASS')
    handler = basicAuth(handler, { users: { [auth.slice(0, at)]: auth.slice(at + 1) } })
  }
  if (flags['cors']) handler = cors(handler)
  const format = String(flags['log'] ?? 'combined')
  if (format === 'none') return handler
  if (format !== 'combined' && format !== 'json')
    throw new UsageError('--log is combined, json or none')
  return accessLog(handler, { format, write: (line) => void stage.stdout.write(`${line}\n`) })
}
