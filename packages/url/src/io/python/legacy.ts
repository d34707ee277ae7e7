/**
 * How Python's `urllib.request` takes URLs apart: the helpers of `urllib.parse` that are deprecated for programs, and that
 * the module itself never gave up. They cut where a character stands, and check nothing.
 */

/** `http://host/` to its scheme, in small letters, and the rest. */
export function splitType(url: string): [type: string | null, rest: string] {
  const [, scheme, rest = ''] = /^([^/:]+):(.*)$/s.exec(url) ?? []
  return scheme === undefined ? [null, url] : [scheme.toLowerCase(), rest]
}

/** `//host:80/path` to its host with the port, and the path. */
export function splitHost(url: string): [host: string | null, path: string] {
  const [, host, path = ''] = /^\/\/([^/#?]*)(.*)$/s.exec(url) ?? []
  if (host === undefined) return [null, url]
  return [host, path !== '' && !path.startsWith('/') ? `/${path}` : path]
}

/** `host:80` to its host, and the digits of the port. */
export function splitPort(host: string): [host: string, port: string | null] {
  const [, name, port] = /^(.*):([0-9]*)$/s.exec(host) ?? []
  return name === undefined ? [host, null] : [name, port || null]
}

/** `user:password@host` to what is before the last `@`, and what is behind it. */
export function splitUser(host: string): [user: string | null, host: string] {
  const at = host.lastIndexOf('@')
  return at === -1 ? [null, host] : [host.slice(0, at), host.slice(at + 1)]
}

/** `user:password` to both. */
export function splitPassword(user: string): [user: string, password: string | null] {
  const at = user.indexOf(':')
  return at === -1 ? [user, null] : [user.slice(0, at), user.slice(at + 1)]
}

/** `/path;type=a` to the path, and what is behind semicolons. */
export function splitAttributes(url: string): [path: string, attributes: string[]] {
  const [path = '', ...attributes] = url.split(';')
  return [path, attributes]
}

/** `type=a` to both sides. */
export function splitValue(attribute: string): [name: string, value: string | null] {
  const at = attribute.indexOf('=')
  return at === -1 ? [attribute, null] : [attribute.slice(0, at), attribute.slice(at + 1)]
}

/** `/path#tag` to both. */
export function splitTag(url: string): [url: string, tag: string | null] {
  const at = url.lastIndexOf('#')
  return at === -1 ? [url, null] : [url.slice(0, at), url.slice(at + 1)]
}

/** `<URL:http://host/>` to the URL in it. */
export function unwrap(url: string): string {
  let text = String(url).trim()
  if (text.startsWith('<') && text.endsWith('>')) text = text.slice(1, -1).trim()
  return text.startsWith('URL:') ? text.slice(4).trim() : text
}
