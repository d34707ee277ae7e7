/**
 * One text, two readings: by the rules of RFC 3986, as `urlsplit` (and Python, and most filters) reads it, and by the URL
 * standard, as `new URL` (and browsers, and our `fetch`) does. Where they differ a filter looks at one URL and a fetcher goes
 * to another; the warnings say where.
 */
import { classifyAddress, isIPv4, isIPv6 } from '@sluice/socket/ip'
import { maskUrl } from './errors.ts'
import { checkOptions } from './options.ts'
import { shown } from './shown.ts'
import { urlsplit } from './split.ts'

/** The parts of a URL; empty text where there is nothing, `refused` says why there are none. */
export interface UrlReading {
  /** In small letters. */
  readonly scheme: string
  /** As it is written. */
  readonly username: string
  /** As `***`, where there is one and it is not asked for. */
  readonly password: string
  /** In small letters, without brackets. */
  readonly host: string
  /** The port, or that of the scheme. */
  readonly port: string
  /** From the first slash behind the authority. */
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  /** Without its hash. */
  readonly fragment: string
  /** Why it is no URL; nothing where it is one. */
  readonly refused: string | undefined
}

/** The parts by their names, in their order. */
export const URL_PARTS = [
  'scheme',
  'username',
  'password',
  'host',
  'port',
  'path',
  'query',
  'fragment',
] as const

/** Both readings, and what is to be said of them. */
export interface UrlExplanation {
  /** By RFC 3986: `urlsplit`. */
  readonly rfc3986: UrlReading
  /** By the URL standard: `new URL`. */
  readonly whatwg: UrlReading
  /** Names of the parts that differ. */
  readonly differences: readonly (typeof URL_PARTS)[number][]
  /** What a filter and a fetcher would disagree about, and what else is not what it seems; a sentence each. */
  readonly warnings: readonly string[]
}

/** Ports that need not be written. No object: there is a scheme `constructor`, if somebody writes it. */
const PORTS: ReadonlyMap<string, string> = new Map([
  ['http', '80'],
  ['https', '443'],
  ['ws', '80'],
  ['wss', '443'],
  ['ftp', '21'],
])
const NONE: UrlReading = {
  scheme: '',
  username: '',
  password: '',
  host: '',
  port: '',
  path: '',
  query: '',
  fragment: '',
  refused: undefined,
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: both readings drop them.
const DROPPED = /[\t\r\n]|^[\u0000-\u0020]|[\u0000-\u0020]$/

/**
 * Reads a URL in two ways, and tells where they differ.
 *
 * @param url any text
 * @param options `secrets: true` shows passwords
 * @returns both readings and the warnings. It never throws for a text, since a refusal is a reading, too
 * @throws {TypeError} options that make no sense
 * @see RFC 3986; https://url.spec.whatwg.org/
 * @example
 * const { warnings } = explain('http://good.example\\@evil.example/')
 * console.log(warnings[0])
 */
export function explain(url: string, options: { secrets?: boolean } = {}): UrlExplanation {
  checkOptions('explain', options, ['secrets'])
  const text = String(url)
  const rfc3986 = byRfc(text)
  const whatwg = byPlatform(text)
  const isRead = rfc3986.refused === undefined && whatwg.refused === undefined
  const differences = isRead ? URL_PARTS.filter((part) => !isSame(part, rfc3986, whatwg)) : []
  const warnings = [
    ...refusals(rfc3986, whatwg),
    ...disagreements(rfc3986, whatwg, differences),
    ...hints(text, whatwg),
  ]
  const hide = (reading: UrlReading): UrlReading =>
    options.secrets || reading.password === '' ? reading : { ...reading, password: '***' }
  return { rfc3986: hide(rfc3986), whatwg: hide(whatwg), differences, warnings }
}

function byRfc(text: string): UrlReading {
  try {
    const parts = urlsplit(text)
    const { scheme, path, query, fragment } = parts
    return {
      scheme,
      username: parts.username ?? '',
      password: parts.password ?? '',
      host: (parts.hostname ?? '').replace(/^\[(.*)\]$/, '$1'),
      port: String(parts.port ?? PORTS.get(scheme) ?? ''),
      path,
      query,
      fragment,
      refused: undefined,
    }
  } catch (error) {
    return { ...NONE, refused: (error as Error).message }
  }
}

function byPlatform(text: string): UrlReading {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    const isRelative = !/^\s*[a-z][a-z\d+.-]*:/i.test(text)
    return { ...NONE, refused: isRelative ? 'it is relative' : 'not a valid URL' }
  }
  const scheme = url.protocol.slice(0, -1)
  return {
    scheme,
    username: url.username,
    password: url.password,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (PORTS.get(scheme) ?? '') : url.port,
    path: url.pathname,
    query: url.search.slice(1),
    fragment: url.hash.slice(1),
    refused: undefined,
  }
}

/** What is only written differently is the same: an empty path is `/`, and an octet may be escaped or not. */
function isSame(part: (typeof URL_PARTS)[number], a: UrlReading, b: UrlReading): boolean {
  if (a[part] === b[part]) return true
  if (part === 'path' && a.host !== '' && a.path === '' && b.path === '/') return true
  if (part === 'scheme' || part === 'host' || part === 'port') return false
  return plain(a[part]) === plain(b[part])
}

/** Escaped throughout, so that only what was escaped differently is the same. */
function plain(text: string): string {
  try {
    return encodeURI(decodeURI(text))
  } catch {
    return text
  }
}

function refusals(rfc: UrlReading, platform: UrlReading): string[] {
  if (rfc.refused !== undefined && platform.refused === undefined)
    return [
      `urlsplit refuses it (${rfc.refused}), and new URL reads the host ${shown(platform.host)}`,
    ]
  if (platform.refused !== undefined && rfc.refused === undefined && rfc.scheme !== '')
    return [`new URL refuses it, and urlsplit reads the host ${shown(rfc.host)}`]
  return []
}

function disagreements(
  rfc: UrlReading,
  platform: UrlReading,
  differences: readonly (typeof URL_PARTS)[number][],
): string[] {
  const warnings: string[] = []
  const differ = (part: 'scheme' | 'host' | 'port'): void => {
    if (differences.includes(part))
      warnings.push(
        `the ${part} is ${shown(rfc[part])} to urlsplit and ${shown(platform[part])} to new URL: a filter that reads one and a fetcher that reads the other disagree about where it leads`,
      )
  }
  for (const part of ['scheme', 'host', 'port'] as const) differ(part)
  if (differences.includes('path'))
    warnings.push(
      `the path is ${shown(rfc.path)} as it is written and ${shown(platform.path)} as it is sent: a rule about the one does not see the other`,
    )
  return warnings
}

/** What is no disagreement, and all the same not what it seems. */
function hints(text: string, { host, username, password, scheme, refused }: UrlReading): string[] {
  const warnings: string[] = []
  if (DROPPED.test(text))
    warnings.push(
      'tabs, line ends and blanks around it are dropped by both readers, not by every filter',
    )
  if (refused !== undefined) return warnings
  if (username !== '' || password !== '')
    warnings.push(`what stands before the @ is a user's name: it leads to ${shown(host)}`)
  const isAddress = isIPv4(host) || isIPv6(host)
  if (isAddress && !maskUrl(text).toLowerCase().includes(host))
    warnings.push(`the host is a number that means the address ${host}`)
  const kind = isAddress ? classifyAddress(host) : 'global'
  if (kind !== 'global') warnings.push(`${host} is no address of the internet: ${kind}`)
  if (/(?:^|\.)localhost$/.test(host)) warnings.push('localhost is this machine')
  if (/(?:^|\.)xn--/.test(host))
    warnings.push(
      `the name is not ASCII, and stands for ${shown(host)}: it may look like another one`,
    )
  if (scheme === 'file' || scheme === 'data' || scheme === 'javascript')
    warnings.push(`a ${scheme}: URL leads to no server`)
  return warnings
}
