// Format `socks-trace`: what a SOCKS client writes and what the peer answers. Played on a pair in memory, whole and a
// byte at a time; nothing beyond the last answer may be read.
import { converse, socks4, socks5 } from '../../packages/socket/src/proxy.ts'
import { memoryPair } from '../../packages/socket/src/testing.ts'
import type { Case, Verdict } from './corpus.ts'

interface Exchange {
  expect: string
  fromServer?: string
  toServer?: string
  split?: number
  trace?: ['C' | 'S', string][]
  host?: string
  user?: string
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))

/** @returns what is wrong, or `undefined` */
export async function runSocks(test: Case): Promise<Verdict> {
  const exchange = test as unknown as Exchange & { name: string }
  if (exchange.host !== undefined || exchange.user !== undefined) return runLimit(exchange)
  for (const chunk of [65_536, 1]) {
    const verdict = await play(exchange, chunk)
    if (verdict !== undefined) return verdict
  }
  return undefined
}

/** What can't be said is refused before a byte is sent. */
function runLimit({
  name,
  host = 'example.com',
  user,
  expect,
}: Exchange & { name: string }): Verdict {
  let sent: Uint8Array | undefined
  let error: unknown
  try {
    const dialogue = name.includes('socks4')
      ? socks4(host, 80, user ?? '')
      : socks5(host, 80, user === undefined ? undefined : { username: user, password: 'p' })
    const first = dialogue.next()
    const next = name.includes('socks4') ? first : dialogue.next(Uint8Array.of())
    if (!next.done && 'send' in next.value) sent = next.value.send
    if (user === undefined && sent === undefined) {
      const request = dialogue.next(Uint8Array.of(5, 0))
      if (!request.done && 'send' in request.value) sent = request.value.send
    }
  } catch (caught) {
    error = caught
  }
  if (expect.includes('error')) return error === undefined ? 'no error' : undefined
  if (error !== undefined) return `refused: ${String(error)}`
  return sent?.[4] === 255 ? undefined : `length octet ${String(sent?.[4])}`
}

async function play(exchange: Exchange, chunk: number): Promise<Verdict> {
  const said = saidBy(exchange)
  const [client, proxy] = memoryPair({ chunk })
  let written = Buffer.alloc(0)
  const listening = (async () => {
    for await (const more of proxy) written = Buffer.concat([written, more])
  })().catch(() => {})
  // What comes after a tunnel stands is not the proxy's; after an end there is nothing.
  const tail = said.expect === 'connected' ? 'tunnel' : ''
  await proxy.sendAll([said.fromServer, tail])
  await proxy.shutdown('write')
  let outcome = 'connected'
  try {
    await converse(client, said.speak())
    if (Buffer.from((await client.recvExactly(6)) ?? []).toString() !== 'tunnel')
      outcome = 'error:read too much'
  } catch (error) {
    outcome = `error:${(error as Error).name === 'SyntaxError' ? 'protocol' : (error as Error).message}`
  }
  await client.shutdown('write').catch(() => {})
  await listening
  client.destroy()
  if (!written.equals(Buffer.from(said.toServer)))
    return `wrote ${written.toString('hex')} instead of ${Buffer.from(said.toServer).toString('hex')}`
  return isAsExpected(outcome, said.expect) ? undefined : `${outcome} instead of ${said.expect}`
}

/** The two sides of an exchange, and the dialogue that leads to what the client wrote. */
function saidBy(exchange: Exchange) {
  const { trace, expect } = exchange
  const side = (who: 'C' | 'S'): Uint8Array =>
    Buffer.concat((trace ?? []).filter(([by]) => by === who).map(([, text]) => bytes(text)))
  const toServer = trace ? side('C') : bytes(exchange.toServer ?? '')
  const fromServer = trace ? side('S') : bytes(exchange.fromServer ?? '')
  const wanted = trace ? outcomeOf(fromServer) : expect
  if (toServer[0] === 4) {
    const [user = '', host = ''] = Buffer.from(toServer.subarray(8)).toString().split('\0')
    const address = toServer.subarray(4, 8).join('.')
    const port = (toServer[2] as number) * 256 + (toServer[3] as number)
    return {
      toServer,
      fromServer,
      expect: wanted,
      speak: () => socks4(host || address, port, user),
    }
  }
  return {
    toServer: normalised(toServer),
    fromServer,
    expect: wanted,
    speak: () => speak5(toServer),
  }
}

/** Recorded clients offer GSSAPI too, which we do not have: our offer is without it. */
function normalised(toServer: Uint8Array): Uint8Array {
  const count = toServer[1] as number
  const methods = [...toServer.subarray(2, 2 + count)].filter((method) => method !== 1)
  return Buffer.concat([Uint8Array.of(5, methods.length, ...methods), toServer.subarray(2 + count)])
}

function speak5(toServer: Uint8Array) {
  let at = 2 + (toServer[1] as number)
  const hasProof = toServer.subarray(2, at).includes(2)
  let credentials: { username: string; password: string } | undefined
  if (hasProof) {
    const take = (): string => {
      const length = toServer[at] as number
      at += 1 + length
      return Buffer.from(toServer.subarray(at - length, at)).toString()
    }
    at += 1
    credentials = { username: take(), password: take() }
  }
  const request = toServer.subarray(at)
  if (request.length === 0) return socks5('example.com', 80, credentials)
  const isName = request[3] === 3
  const length = isName ? (request[4] as number) + 1 : 4
  const host = isName
    ? Buffer.from(request.subarray(5, 4 + length)).toString()
    : request.subarray(4, 8).join('.')
  const port = (request[4 + length] as number) * 256 + (request[5 + length] as number)
  return socks5(host, port, credentials)
}

/** Where a recorded trace leads: to the tunnel, or to the refusal that its last answer is. */
function outcomeOf(fromServer: Uint8Array): string {
  if (fromServer[0] === 0) return fromServer[1] === 0x5a ? 'connected' : 'error:rejected'
  return fromServer[1] === 2 && fromServer[3] !== 0
    ? 'error:refuses the username or password'
    : 'connected'
}

function isAsExpected(outcome: string, expected: string): boolean {
  if (expected === outcome) return true
  if (!outcome.startsWith('error:') || !expected.startsWith('error:')) return false
  const said = expected.slice(6)
  if (said === 'eof') return outcome.includes('ended the connection')
  if (said === 'no acceptable method') return outcome.includes('wants credentials')
  return outcome.toLowerCase().includes(said.toLowerCase())
}
