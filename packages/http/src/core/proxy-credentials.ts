/** Who somebody is to a proxy: the userinfo of its URL as a field value (RFC 7617 §2). */
import { decodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'

/** The value of Proxy-Authorization for a proxy's URL; nothing where it has no userinfo. */
export function proxyCredentials({
  username,
  password,
}: {
  username: string
  password: string
}): string | undefined {
  if (username === '' && password === '') return undefined
  const pair = encodeUtf8(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  return `Basic ${btoa(decodeLatin1(pair))}`
}
