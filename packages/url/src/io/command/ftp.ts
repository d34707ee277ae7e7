/** `ftp ls|get|put`: files of an FTP server. */
import { basename } from 'node:path'
import { planPrivate } from '../../core/address-guard.ts'
import { maskTarget } from '../../core/mask-text.ts'
import { visible } from '../../core/shown.ts'
import { formatBytes } from '../../core/units.ts'
import { fileNameOf } from '../../core/url-file-name.ts'
import { Authenticator } from '../authenticator.ts'
import { Client } from '../client.ts'
import { type FtpClient, openFtp } from '../ftp-client.ts'
import type { FtpOptions } from '../ftp-options.ts'
import { deadlineOf } from '../handlers/deadline.ts'
import { planOf } from '../handlers/ftp.ts'
import { proxyFor } from '../proxy.ts'
import type { FetchOptions } from '../run-fetch.ts'
import { fileBlob } from './form.ts'
import { planRequests } from './request-options.ts'
import { type CommandPlan, jsonLine, type Stage, UsageError, write } from './stage.ts'
import { transferCommand } from './transfer.ts'

/** Runs it. @throws what went wrong */
export async function ftpCommand(plan: CommandPlan, stage: Stage): Promise<number> {
  const [verb, ...operands] = plan.operands
  const rest = { ...plan, operands }
  if (verb === 'ls') return list(rest, stage)
  if (verb === 'get') return get(rest, stage)
  if (verb === 'put') return put(rest, stage)
  throw new UsageError(`ftp takes ls, get or put, not '${verb ?? ''}'`)
}

async function list(plan: CommandPlan, stage: Stage): Promise<number> {
  const [url, ...more] = plan.operands
  if (url === undefined || more.length > 0) throw new UsageError('ftp ls takes a URL of a folder')
  const { options } = await planRequests(plan, stage)
  const at = ftpUrl(url)
  const { folders, name } = planOf({ method: 'GET', url: at })
  const { timeout } = options
  const facts = { method: 'LIST', url: at, timeout, signal: stage.signal }
  const deadline = deadlineOf({ ...facts, started: performance.now() })
  const { signal } = deadline
  let client: FtpClient | undefined
  try {
    const who = await userFor(at, options)
    client = await openFtp(url, { ...options.ftp, ...who, ...dialFor(at, options), signal })
    for (const folder of folders) await client.cd(folder, { signal })
    const entries = await client.list(name, { signal })
    for (const { name, type, size, modified } of entries) {
      const when =
        modified
          ?.toISOString()
          .replace(/:\d\d\.\d+Z$/, '')
          .replace('T', ' ') ?? ''
      const line = plan.flags['json']
        ? jsonLine({ name, type, size, modified })
        : `${type.padEnd(6)} ${(size === undefined ? '' : formatBytes(size)).padStart(8)}  ${when.padEnd(16)}  ${visible(name)}\n`
      await write(stage, line)
    }
  } finally {
    deadline.stop()
    await client?.close()
  }
  return 0
}

function get(plan: CommandPlan, stage: Stage): Promise<number> {
  const [url, file, ...more] = plan.operands
  if (url === undefined || more.length > 0) throw new UsageError('ftp get takes a URL and a FILE')
  const name = file ?? fileNameOf(ftpUrl(url))
  if (name === undefined)
    throw new UsageError('ftp get: the URL ends in no name of a file; name one')
  return transferCommand({ operands: [url], flags: { ...plan.flags, output: [name] } }, stage)
}

async function put(plan: CommandPlan, stage: Stage): Promise<number> {
  const [file, url, ...more] = plan.operands
  if (file === undefined || url === undefined || more.length > 0)
    throw new UsageError('ftp put takes a FILE and a URL')
  const target = ftpUrl(url)
  if (target.pathname.endsWith('/')) target.pathname += encodeURIComponent(basename(file))
  const blob = await fileBlob(file)
  const { options } = await planRequests(plan, stage)
  const client = new Client()
  try {
    await client.fetch(target, { ...options, method: 'PUT', body: () => blob })
    if (!plan.flags['silent']) stage.stderr.write(`${file}: ${formatBytes(blob.size)}\n`)
    return 0
  } finally {
    client.destroy()
  }
}

function ftpUrl(text: string): URL {
  if (!URL.canParse(text) || new URL(text).protocol !== 'ftp:')
    throw new UsageError(`'${maskTarget(text).slice(0, 60)}' is no ftp: URL`)
  return new URL(text)
}

/** Who logs in, where the URL does not say it. */
async function userFor(
  url: URL,
  { auth }: FetchOptions,
): Promise<{ user?: string; password?: string }> {
  if (!auth || url.username !== '') return {}
  const send = () => Promise.reject(new Error('not over HTTP'))
  const found = await new Authenticator(auth, url.origin).login({ url, method: 'LIST', send })
  return found === undefined ? {} : { user: found.username, password: found.password }
}

/** The way there: what a fetch would take. */
function dialFor(url: URL, { proxy, family, denyPrivate }: FetchOptions): Partial<FtpOptions> {
  const isAllowed = denyPrivate === true ? planPrivate('ftp ls', true) : undefined
  return {
    proxy: proxyFor(url, proxy, process.env, 0),
    family,
    allowAddress: isAllowed && (({ address }) => isAllowed(address)),
  }
}
