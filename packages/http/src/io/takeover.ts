/**
 * A connection that stops speaking HTTP: a response with status 101, or 2xx to CONNECT, and what is to be done with the
 * stream once it has left (RFC 9110 §7.8, §9.3.6).
 */
import type { ByteStream } from '@sluice/socket'
import type { RequestHead } from '../core/events.ts'
import type { HeadersInit } from '../core/headers.ts'
import type { ServerExchange } from './exchange.ts'
import { Response } from './response.ts'

/** How to switch. */
export interface UpgradeOptions {
  /** Fields of the response; default: `Connection: Upgrade` and the protocol that the client has offered. */
  headers?: HeadersInit | undefined
  /** Whether our response leaves; false for who takes the stream and says it itself. Default true. */
  head?: boolean | undefined
}

/** Takes a stream; one that returns a promise is done with it when that settles, and what it throws ends the stream. */
export type Take = (stream: ByteStream) => void | Promise<void>

/** What becomes of the stream. */
export interface Takeover {
  readonly take: Take
  readonly sendsHead: boolean
}

const takeovers = new WeakMap<object, Takeover>()

/** What a response is to do with its connection, if it is such a one, and answers a request that asked for it. */
export function takeoverOf(response: object, head: RequestHead): Takeover | undefined {
  return isOffered(head) ? takeovers.get(response) : undefined
}

/** Whether a request asks for something else than HTTP: few do, and only then has the response to be looked up. */
function isOffered(head: RequestHead): boolean {
  return head.method === 'CONNECT' || head.upgrade !== undefined
}

/**
 * Makes the response that switches.
 *
 * @throws {TypeError} the client offered nothing to switch to
 */
export function switchingResponse(
  { head }: ServerExchange,
  take: Take,
  { headers, head: sendsHead = true }: UpgradeOptions,
): Response {
  if (typeof take !== 'function') throw new TypeError('upgrade takes a function of a stream')
  const isTunnel = head.method === 'CONNECT'
  const { upgrade } = head
  if (!isOffered(head)) throw new TypeError('upgrade: the client has offered no other protocol')
  const first = upgrade?.split(',', 1)[0]?.trim() ?? ''
  const fields =
    headers ??
    (isTunnel
      ? []
      : [
          ['Connection', 'Upgrade'],
          ['Upgrade', first],
        ])
  const init = { status: isTunnel ? 200 : 101, headers: fields as HeadersInit }
  const response = new Response(null, init)
  takeovers.set(response, { take, sendsHead })
  return response
}
