/**
 * What a proxy has to change in a message, and what it must not touch. Pure: fields in, fields out.
 *
 * RFC 9110 §7.6.1: fields that are about one connection end at its end, those that Connection names among them. §7.6.3: who
 * passes a message on says so in Via, and by that finds out when it is its own caller. RFC 7239: Forwarded tells the server
 * behind it who asked, and by which name.
 */
import { formatForwarded } from '@sluice/http/headers'

/** How this proxy calls itself in Via. */
const PSEUDONYM = 'sluice-inspector'

/** Fields of one connection. Host is made anew; Expect is answered here, since the body is read here. */
const OF_ONE_HOP = new Set(
  'connection keep-alive proxy-connection te trailer transfer-encoding upgrade host expect'.split(
    ' ',
  ),
)

type Field = [name: string, value: string]

/** Who asked, as the proxy knows it. */
export interface Asking {
  /** Their address. */
  from: string
  /** What they called this proxy. */
  host: string
}

/**
 * Where a request goes: to the server behind, whatever its target says. `//elsewhere/` is a path, and the host of an absolute
 * form (RFC 9112 §3.2.2) is what a stranger wrote.
 *
 * @param target as on the request line
 * @returns nothing for `*` and the like, which name no page
 */
export function placeOf(target: string, origin: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '') || '/'
  if (path.startsWith('?')) return `${origin}/${path}`
  return path.startsWith('/') ? origin + path : undefined
}

/** @returns the fields for the server behind; nothing when the message has been here already */
export function requestFields(
  fields: Iterable<Field>,
  { from, host }: Asking,
): Field[] | undefined {
  const all = [...fields]
  if (all.some(([name, value]) => isNamed(name, 'via') && value.includes(PSEUDONYM)))
    return undefined
  const node = from.includes(':') ? `[${from}]` : from
  return [
    ...endToEnd(all),
    [
      'Forwarded',
      formatForwarded([
        [
          ['for', node],
          ['host', host],
          ['proto', 'http'],
        ],
      ]),
    ],
    ['Via', `1.1 ${PSEUDONYM}`],
  ]
}

/**
 * @param target the origin of the server behind
 * @param own the origin by which this proxy was called: a redirect to the server leads here instead
 */
export function responseFields(fields: Iterable<Field>, target: string, own: string): Field[] {
  const kept = endToEnd([...fields]).map(([name, value]): Field => {
    const leadsThere = isNamed(name, 'location') && `${value}/`.startsWith(`${target}/`)
    return [name, leadsThere ? own + value.slice(target.length) : value]
  })
  return [...kept, ['Via', `1.1 ${PSEUDONYM}`]]
}

/**
 * Whether a page that shows what passes may be shown. A name that somebody else's DNS points to this machine is a browser's way
 * around the same-origin rule (DNS rebinding); an address is none.
 */
export function isOwnHost(host: string | null): boolean {
  return /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)(:\d+)?$/.test(host ?? '')
}

function endToEnd(fields: readonly Field[]): Field[] {
  const named = fields.flatMap(([name, value]) =>
    isNamed(name, 'connection')
      ? value
          .toLowerCase()
          .split(',')
          .map((token) => token.trim())
      : [],
  )
  const ended = new Set([...OF_ONE_HOP, ...named])
  return fields.filter(([name]) => !ended.has(name.toLowerCase()))
}

function isNamed(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted
}
