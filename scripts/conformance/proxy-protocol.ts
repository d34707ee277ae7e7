// Format `proxy-protocol`: bytes, and the header that a receiver has to find in them. Every accepted header is also read
// from each of its beginnings, which must ask for more.
import { type ProxyHeader, parseProxyHeader } from '../../packages/socket/src/proxy.ts'
import type { Case, Verdict } from './corpus.ts'
import { show } from './decode.ts'

interface Header {
  bytes: string
  expect: 'accept' | 'reject' | 'need-more' | 'either'
  header?: Record<string, unknown>
}

/** @returns what is wrong, or `undefined` */
export function runProxyProtocol(test: Case): Verdict {
  const { bytes, expect, header } = test as unknown as Header
  const all = new Uint8Array(Buffer.from(bytes, 'base64'))
  const found = read(all)
  if (expect === 'either') return undefined
  if (expect !== (typeof found === 'string' ? found : 'accept'))
    return `${show(found)} instead of ${expect}`
  if (typeof found === 'string') return undefined
  for (let length = 0; length < found.consumed; length++)
    if (read(all.subarray(0, length)) !== 'need-more')
      return `its first ${length} bytes are not "need more"`
  return compare(found, header ?? {})
}

function read(bytes: Uint8Array): ProxyHeader | 'reject' | 'need-more' {
  try {
    return parseProxyHeader(bytes) ?? 'need-more'
  } catch (error) {
    if (error instanceof SyntaxError) return 'reject'
    throw error
  }
}

function compare(found: ProxyHeader, wanted: Record<string, unknown>): Verdict {
  const { version, consumed, source, destination, tlvs } = found
  const ours: Record<string, unknown> = {
    version,
    consumed,
    command: found.command === 'local' ? 'LOCAL' : 'PROXY',
    src: source?.hostname,
    dst: destination?.hostname,
    sport: source?.port,
    dport: destination?.port,
    tlvs: tlvs.map(([type, value]) => [type, Buffer.from(value).toString('base64')]),
  }
  for (const [field, value] of Object.entries(wanted)) {
    // Said by the form of the address, and by `command` where there is none.
    if (field === 'family' || field === 'transport') continue
    if (show(ours[field]) !== show(value))
      return `${field}: ${show(ours[field])} instead of ${show(value)}`
  }
  return undefined
}
