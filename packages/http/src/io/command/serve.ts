/** `sluice-http [DIR]`: serves a folder until Ctrl-C, and finishes what it has begun. */
import { readFile, stat } from 'node:fs/promises'
import { networkInterfaces } from '@sluice/socket/dns'
import { type AccessRecord, formatCombined, formatJson } from '../../core/access-log.ts'
import { parseBasic, sameText } from '../../core/basic-auth.ts'
import type { Info } from '../info.ts'
import { Response } from '../response.ts'
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
  const server = await serve(logged(guarded(files, flags), flags, stage), options)
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

/** Asks for a name and a password, and adds what was asked for to every response. */
function guarded(next: Handler, flags: CommandPlan['flags']): Handler {
  const auth = flags['auth'] === undefined ? undefined : String(flags['auth'])
  if (auth !== undefined && !auth.includes(':')) throw new UsageError('--auth needs USER:PASS')
  return async (request, info) => {
    if (auth !== undefined) {
      const given = parseBasic(request.headers.get('authorization'))
      if (!given || !sameText(`${given.username}:${given.password}`, auth))
        return new Response('401 Unauthorized\n', {
          status: 401,
          headers: [['WWW-Authenticate', 'Basic realm="files", charset="UTF-8"']],
        }) as unknown as globalThis.Response
    }
    const response = await next(request, info)
    if (flags['cors']) response.headers.set('Access-Control-Allow-Origin', '*')
    return response
  }
}

/** A line on the standard output for each response that has left. */
function logged(next: Handler, flags: CommandPlan['flags'], stage: Stage): Handler {
  const form = String(flags['log'] ?? 'combined')
  if (form === 'none') return next
  if (form !== 'combined' && form !== 'json')
    throw new UsageError('--log is combined, json or none')
  const format = form === 'json' ? formatJson : formatCombined
  return async (request, info) => {
    const started = performance.now()
    const response = await next(request, info)
    const write = (): void => {
      stage.stdout.write(
        `${format(recordOf(request, response, info, performance.now() - started))}\n`,
      )
    }
    info.completed.then(write, write)
    return response
  }
}

function recordOf(
  request: globalThis.Request,
  response: globalThis.Response,
  { remoteAddress, target }: Info,
  elapsed: number,
): AccessRecord {
  const length = response.headers.get('content-length')
  return {
    time: Date.now(),
    address:
      remoteAddress !== undefined && 'hostname' in remoteAddress ? remoteAddress.hostname : '-',
    method: request.method,
    target,
    status: response.status,
    bytes: length === null ? undefined : Number(length),
    referer: request.headers.get('referer'),
    agent: request.headers.get('user-agent'),
    elapsed: Math.round(elapsed),
  }
}
