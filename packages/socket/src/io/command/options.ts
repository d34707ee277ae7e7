/** What the flags of several commands stand for. */
import { readFile } from 'node:fs/promises'
import { type CommandPlan, numberOf } from '../../core/command-line.ts'
import type { ConnectOptions } from '../connect-options.ts'
import type { TlsServerOptions } from '../tls-context.ts'

/** Seconds of `--timeout` as milliseconds. @throws {UsageError} */
export function timeoutOf(plan: CommandPlan): number | undefined {
  const seconds = numberOf(plan, 'timeout')
  return seconds === undefined ? undefined : seconds * 1000
}

/** How to connect. @throws {UsageError}; an error with a `code` for a file that can't be read */
export async function connectOptionsOf(plan: CommandPlan): Promise<ConnectOptions> {
  const { flags } = plan
  const ms = timeoutOf(plan)
  const ca = await fileOf(plan, 'ca')
  const serverName = flags.get('server-name')?.at(-1)
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(flags.has('insecure') ? { verify: false } : {}),
  }
  const wantsTls = flags.has('tls') || Object.keys(tls).length > 0
  return {
    ...(ms === undefined
      ? {}
      : { timeout: { lookup: ms, connect: ms, tls: ms, proxy: ms, send: ms } }),
    ...(wantsTls ? { tls } : {}),
    ...(flags.has('proxy') ? { proxy: flags.get('proxy') } : {}),
    ...(flags.has('ipv4') ? { family: 4 } : flags.has('ipv6') ? { family: 6 } : {}),
  }
}

/** The certificate of a server, when one is named. @throws an error with a `code` for a file that can't be read */
export async function serverTlsOf(plan: CommandPlan): Promise<TlsServerOptions | undefined> {
  const cert = await fileOf(plan, 'cert')
  if (cert === undefined) return undefined
  // PEM files often hold both.
  return { cert, key: (await fileOf(plan, 'key')) ?? cert }
}

async function fileOf(plan: CommandPlan, flag: string): Promise<string | undefined> {
  const path = plan.flags.get(flag)?.at(-1)
  return path === undefined ? undefined : readFile(path, 'utf8')
}
