/** `sluice-http [DIR]`: serves a folder until Ctrl-C, and finishes what it has begun. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { networkInterfaces } from '@sluice/socket/dns'
import { accessLog } from '../handlers/access-log.ts'
import { basicAuth } from '../handlers/basic-auth.ts'
import { compress } from '../handlers/compress.ts'
import { cors } from '../handlers/cors.ts'
import type { ServeOptions } from '../serve-options.ts'
import { type Server, serve } from '../server.ts'
import type { Handler } from '../server-context.ts'
import { staticFiles } from '../static-files.ts'
import { visible } from '../trace-lines.ts'
import { paced, parseRate } from './pace.ts'
import { type CommandPlan, type Stage, UsageError } from './stage.ts'
import { isWorker, letGo, runWorkers, tellReady } from './workers.ts'

/** Each takes 40 MB and a second of a processor to start. */
const MOST_WORKERS = 256

/** Runs the command. @throws what keeps it from beginning */
export async function serveCommand(plan: CommandPlan, stage: Stage): Promise<number> {
  const { operands, flags } = plan
  const [folder = '.'] = operands
  await checkFolder(folder)
  const handler = wrapped(filesOf(folder, flags), flags, stage)
  const { spa } = flags
  if (
    spa !== undefined &&
    !(await stat(join(folder, String(spa))).catch(() => undefined))?.isFile()
  )
    throw new UsageError(
      `--spa: there is no file ${JSON.stringify(spa)} in ${JSON.stringify(folder)}`,
    )
  const options = await optionsOf(flags, stage)
  const workers = numberOf(flags, 'workers') ?? 1
  if (workers < 1 || workers > MOST_WORKERS)
    throw new UsageError(`--workers must be 1 to ${MOST_WORKERS}, not ${workers}`)
  const say = (urls: readonly string[]): void =>
    void stage.stderr.write(`serving ${folder} at ${urls.join(' and ')}, Ctrl-C ends it\n`)
  if (workers > 1 && !isWorker()) return runWorkers(workers, stage, say)
  try {
    await serveUntilEnd(handler, options, stage, isWorker() ? tellReady : say)
  } finally {
    letGo()
  }
  return 0
}

async function serveUntilEnd(
  handler: Handler,
  options: ServeOptions,
  stage: Stage,
  say: (urls: readonly string[]) => void,
): Promise<void> {
  const server = await serve(handler, options)
  say(addressesOf(server))
  await new Promise<void>((resolve) => {
    if (stage.signal.aborted) resolve()
    stage.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await server.shutdown({ grace: 2_000 })
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined) throw new UsageError(`there is no folder ${JSON.stringify(folder)}`)
  if (!found.isDirectory()) throw new UsageError(`${JSON.stringify(folder)} is no folder`)
}

function filesOf(folder: string, flags: CommandPlan['flags']): Handler {
  const cache = numberOf(flags, 'cache')
  return staticFiles(folder, {
    listing: !flags['no-listing'],
    hidden: Boolean(flags['hidden']),
    precompressed: true,
    ...(flags['index'] === undefined ? {} : { index: [String(flags['index'])] }),
    ...(flags['spa'] === undefined ? {} : { fallback: String(flags['spa']) }),
    ...(cache === undefined ? {} : { maxAge: cache }),
  })
}

async function optionsOf(flags: CommandPlan['flags'], stage: Stage): Promise<ServeOptions> {
  const tls = await tlsOf(flags)
  const port = numberOf(flags, 'port') ?? 8000
  if (port > 65_535) throw new UsageError(`--port must be 0 to 65535, not ${port}`)
  return {
    hostname: String(flags['bind'] ?? '127.0.0.1'),
    port,
    ...(tls === undefined ? {} : { tls }),
    onError: (error) =>
      void stage.stderr.write(`sluice-http: ${visible((error as Error).message)}\n`),
  }
}

function numberOf(flags: CommandPlan['flags'], name: string): number | undefined {
  const text = flags[name]
  if (text === undefined) return undefined
  if (!/^\d+$/.test(String(text)))
    throw new UsageError(`--${name} must be a number, not '${String(text)}'`)
  return Number(text)
}

async function tlsOf(flags: CommandPlan['flags']): Promise<ServeOptions['tls']> {
  if (flags['tls-cert'] === undefined) {
    if (flags['tls-key'] !== undefined) throw new UsageError('--tls-key needs --tls-cert')
    return undefined
  }
  const cert = await readPem(flags, 'tls-cert')
  // PEM files often hold both.
  return { cert, key: flags['tls-key'] === undefined ? cert : await readPem(flags, 'tls-key') }
}

/** @throws an Error with the code of the system: the file is not there, or not for us */
async function readPem(flags: CommandPlan['flags'], name: string): Promise<string> {
  const path = String(flags[name])
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const { code } = error
    const sentence = `--${name}: ${JSON.stringify(path)} can't be read (${code})`
    throw Object.assign(new Error(sentence, { cause: error }), { code })
  })
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

/** What stands around the files: compression, a slow line, a password, CORS, a log. */
function wrapped(files: Handler, flags: CommandPlan['flags'], stage: Stage): Handler {
  let handler = flags['compress'] ? compress(files) : files
  if (flags['rate'] !== undefined) handler = paced(handler, parseRate(String(flags['rate'])))
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
