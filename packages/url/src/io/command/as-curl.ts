/** `--as-curl`: the command line of curl that does the same. Our flags are curl's, so that most of them stand as they are. */
import { Headers } from '@sluice/http'
import { formatCurlWith } from '../../core/curl-command.ts'
import { maskUrl } from '../../core/errors.ts'
import type { FetchOptions } from '../run-fetch.ts'
import { type CommandPlan, listOf, textOf } from './stage.ts'
import type { Transfer } from './transfer.ts'

/** Flags of ours that curl has by the same name, and that the request does not show. */
const SWITCHES = [
  'silent',
  'show-error',
  'verbose',
  'include',
  'fail',
  'netrc',
  'insecure',
  'ipv4',
  'ipv6',
  'compressed',
]
const VALUES = ['limit-rate', 'cookie-jar', 'max-time', 'retry']

/** Writes it; secrets are masked. What curl has no flag for (`--sha256`, `--json`, `--deny-private`) is left out. */
export function asCurl(
  { url, file }: Transfer,
  plan: CommandPlan,
  { method, headers, body, redirect, auth }: FetchOptions,
): string {
  const { flags } = plan
  const words = SWITCHES.filter((name) => flags[name]).map((name) => `--${name}`)
  for (const name of VALUES) {
    const value = textOf(plan, name)
    if (value !== undefined) words.push(`--${name}`, value)
  }
  const proxy = textOf(plan, 'proxy')
  if (proxy !== undefined) words.push('-x', maskUrl(proxy))
  for (const jar of listOf(plan, 'cookie')) if (!jar.includes('=')) words.push('-b', jar)
  if (file !== undefined) words.push('-o', file)
  if (flags['continue']) words.push('-C', '-')
  for (const field of listOf(plan, 'form')) words.push('-F', field)
  const sent = textOf(plan, 'upload-file')
  if (sent !== undefined) words.push('-T', sent)
  const fields = new Headers(headers)
  if (typeof auth === 'object' && 'bearer' in auth) fields.set('Authorization', 'Bearer ***')
  if (typeof auth === 'object' && 'username' in auth) {
    const isAsked = auth.scheme !== undefined && auth.scheme !== 'basic'
    if (isAsked) words.push(auth.scheme === 'digest' ? '--digest' : '--anyauth')
    if (isAsked || url.startsWith('ftp:')) words.push('-u', `${auth.username}:***`)
    else fields.set('Authorization', 'Basic ***')
  }
  // -F and -T make a body, and its method, by themselves.
  const isOwn = flags['form'] !== undefined || sent !== undefined
  const asked = isOwn ? textOf(plan, 'request') : method
  return formatCurlWith(words, {
    url,
    method: asked,
    headers: fields,
    body: isOwn ? undefined : body,
    redirect: file === undefined ? redirect : 'follow',
  })
}
