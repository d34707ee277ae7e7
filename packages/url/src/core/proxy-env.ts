/**
 * Which proxy the environment asks for: `http_proxy`, `https_proxy`, `all_proxy`, and `no_proxy` against them. There is no
 * standard; this is what curl, Python, Go, wget and Ruby agree on, and where they differ the careful side of them.
 *
 * 1. The variable of the scheme, then `all_proxy`; in small letters, then in capitals.
 * 2. `HTTP_PROXY` in capitals is not believed where `REQUEST_METHOD` is set: under CGI a client sets it with the field
 *    `Proxy:` (CVE-2016-5385, "httpoxy").
 * 3. This machine is reached without a proxy, as in Go: what listens on 127.0.0.1 is not the proxy's 127.0.0.1.
 * 4. `no_proxy`: a list of host names (which stand for all that ends in them), addresses, networks, each with or without a
 *    port; `*` is everything.
 */
import { classifyAddress, isIPv4, isIPv6, networkContains, parseNetwork } from '@sluice/socket/ip'

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A proxy, and which variable decided. */
export interface ProxyChoice {
  /** The proxy's URL; nothing where the way is direct. */
  readonly proxy: string | undefined
  /** The variable that decided, or `loopback`, or nothing where no variable is set. */
  readonly because: string | undefined
}

/**
 * Chooses the proxy for a URL.
 *
 * @param url with a scheme, a host and a port as the URL standard reads them
 * @param env the variables
 * @returns the proxy, or none, and why
 * @see curl(1), ENVIRONMENT; golang.org/x/net/http/httpproxy
 * @example chooseProxy(new URL('http://example.org/'), { http_proxy: 'http://127.0.0.1:3128' }).proxy
 */
export function chooseProxy(url: URL, env: Environment): ProxyChoice {
  const scheme = url.protocol.slice(0, -1)
  const found = find(env, [`${scheme}_proxy`, 'all_proxy'])
  if (found === undefined) return { proxy: undefined, because: undefined }
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  if (isLoopback(hostname)) return { proxy: undefined, because: 'loopback' }
  const without = find(env, ['no_proxy'])
  const port = url.port === '' ? (DEFAULT_PORTS.get(scheme) ?? '') : url.port
  if (without !== undefined && isExcepted(without.value, hostname, port))
    return { proxy: undefined, because: without.name }
  const proxy = found.value.includes('://') ? found.value : `http://${found.value}`
  return { proxy, because: found.name }
}

/** Whether any variable names a proxy; without one there is nothing to choose. */
export function namesProxies(env: Environment): boolean {
  return Object.keys(env).some((name) => /_proxy$/i.test(name) && !/^no_proxy$/i.test(name))
}

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http', '80'],
  ['https', '443'],
  ['ftp', '21'],
])

function find(
  env: Environment,
  names: readonly string[],
): { name: string; value: string } | undefined {
  const isCgi = (env['REQUEST_METHOD'] ?? '') !== ''
  for (const name of names)
    for (const form of [name, name.toUpperCase()]) {
      const value = env[form]?.trim() ?? ''
      if (value !== '' && !(form === 'HTTP_PROXY' && isCgi)) return { name: form, value }
    }
  return undefined
}

function isLoopback(hostname: string): boolean {
  if (/^(?:.+\.)?localhost$/i.test(hostname)) return true
  return (isIPv4(hostname) || isIPv6(hostname)) && classifyAddress(hostname) === 'loopback'
}

/** Whether `no_proxy` names a host. */
function isExcepted(list: string, hostname: string, port: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry.toLowerCase(), hostname.toLowerCase(), port))
}

function matches(entry: string, hostname: string, port: string): boolean {
  if (entry === '*') return true
  const [, bracketed, bits = '', plain, wanted] =
    /^(?:\[([^\]]*)\](\/\d+)?|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  const host = bracketed === undefined ? (plain ?? entry) : `${bracketed}${bits}`
  if (wanted !== undefined && wanted !== port) return false
  if (host === '*') return true
  if (isIPv4(hostname) || isIPv6(hostname)) return isInNetwork(host, hostname)
  // `.example.org` and `*.example.org` are ways to write what `example.org` means already.
  const suffix = asciiName(host.replace(/^\*?\./, ''))
  return suffix !== '' && (hostname === suffix || hostname.endsWith(`.${suffix}`))
}

/** A name as a URL has it: `bücher.example` is `xn--bcher-kva.example` there. */
function asciiName(name: string): string {
  if (/^[\0-\x7f]*$/.test(name)) return name
  try {
    return new URL(`http://${name}`).hostname
  } catch {
    return name
  }
}

function isInNetwork(text: string, address: string): boolean {
  try {
    return networkContains(parseNetwork(text), address)
  } catch {
    // A name, which no address is in; or a slip of the pen, which excepts nothing.
    return false
  }
}
