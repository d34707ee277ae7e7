/** The URL of an HTTP proxy: where it is, and who somebody is to it (its userinfo, as a field value: RFC 7617 §2). */
import { decodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'

/** What the URL of a proxy says. */
export interface HttpProxy {
  readonly url: URL
  readonly isSecure: boolean
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  /** The value of Proxy-Authorization; nothing where there is no userinfo. */
  readonly credentials: string | undefined
}

/** @throws {TypeError} no URL, or of another scheme; the text is in no sentence, since it may hold a password */
export function readProxy(proxy: string | URL): HttpProxy {
  if (!URL.canParse(String(proxy))) throw new TypeError('proxy: the text is no URL')
  const url = new URL(proxy)
  const isSecure = url.protocol === 'https:'
  if (!isSecure && url.protocol !== 'http:')
    throw new TypeError(`proxy: httpHop takes http: and https:, not ${url.protocol}`)
  return {
    url,
    isSecure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    credentials: credentialsOf(url),
  }
}

function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const pair = encodeUtf8(`${decoded(username)}:${decoded(password)}`)
  return `Basic ${btoa(decodeLatin1(pair))}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError('proxy: its name or password is no UTF-8')
  }
}
