/** The server: one socket for everybody, one clock, and what `match.ts` decides. */
import { createHmac, randomBytes } from 'node:crypto'
import { type UdpSocket, udp } from '@sluice/socket'
import { formatEndpoint } from '@sluice/socket/ip'
import { pause } from '../../lib/app.ts'
import { Match, TIMES } from './match.ts'

/** A game that is open. */
export interface Game extends AsyncDisposable {
  /** Where to send to. */
  readonly address: string
  readonly match: Match
}

/** Opens a game. @throws {NetError} when nothing can listen there */
export async function openGame(place: { hostname: string; port: number }): Promise<Game> {
  const socket = await udp(place)
  const secret = randomBytes(32)
  const match = new Match({
    random: Math.random,
    // Good for 30 seconds and the 30 before; nothing is stored for it.
    cookie: (address, now) =>
      createHmac('sha256', secret)
        .update(`${address} ${Math.floor(now / 30_000)}`)
        .digest()
        .subarray(0, 8),
  })
  const stopping = new AbortController()
  const work = Promise.all([listen(socket, match), beat(socket, match, stopping.signal)])
  return {
    address: formatEndpoint(socket.address),
    match,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await socket.close()
      await work
    },
  }
}

async function listen(socket: UdpSocket, match: Match): Promise<void> {
  for await (const { data, address } of socket) {
    const answer = match.receive(data, formatEndpoint(address), performance.now())
    if (answer !== undefined) send(socket, formatEndpoint(address), answer)
  }
}

/** A tick, so often. What a late one costs is taken off the next wait, or the world would go slow. */
async function beat(socket: UdpSocket, match: Match, signal: AbortSignal): Promise<void> {
  for (let due = performance.now(); !signal.aborted; due += TIMES.tick) {
    const now = performance.now()
    if (now - due > 1000) due = now
    for (const { to, bytes } of match.tick(now)) send(socket, to, bytes)
    await pause(Math.max(0, due + TIMES.tick - performance.now()), signal)
  }
}

/** Nobody waits for it, and nobody asks whether it left: the next one says it all again. */
function send(socket: UdpSocket, to: string, bytes: Uint8Array): void {
  socket.send(bytes, to).catch(() => {})
}
