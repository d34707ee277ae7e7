/** The client: keys in, pictures out, and a datagram thirty times a second. */
import { onAbort, type UdpSocket, udp } from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { pause } from '../../lib/app.ts'
import { Player } from './player.ts'
import { draw, readKeys, scores } from './screen.ts'

const SENDING = 33

/** A terminal, or what takes its place in a test. */
export interface Desk {
  /** Calls back with keys as they are pressed; returns what ends that. */
  onKeys(listener: (keys: string) => void): () => void
  show(picture: string): void
}

/**
 * Plays until `q`, or until `signal` aborts.
 *
 * @returns the scores
 * @throws {Error} when the server does not answer, says no, or is lost
 */
export async function play(
  target: string,
  name: string,
  desk: Desk,
  signal: AbortSignal,
): Promise<string> {
  const player = new Player(name, performance.now())
  const quitting = new AbortController()
  const stop = (): void => quitting.abort()
  const callOff = onAbort(signal, stop)
  await using socket = await udp({ hostname: target.includes('[') ? '::' : '0.0.0.0', port: 0 })
  // Only the server is heard from now on: whoever else sends something is dropped by the system.
  await socket.connect(target)
  const offKeys = desk.onKeys((keys) => {
    for (const key of readKeys(keys))
      if (key === 'quit') stop()
      else if (player.press(key)) show()
  })
  const show = (): void => {
    const view = player.view()
    if (view !== undefined) desk.show(draw(view))
  }
  try {
    const listening = listen(socket, player, show, quitting.signal)
    await Promise.race([listening, beat(socket, player, quitting.signal)])
    const goodbye = player.leave()
    if (goodbye !== undefined) await socket.send(goodbye).catch(() => {})
    const view = player.view()
    return view === undefined ? '' : scores(view)
  } finally {
    offKeys()
    callOff()
  }
}

async function listen(socket: UdpSocket, player: Player, show: () => void, signal: AbortSignal) {
  while (!signal.aborted)
    try {
      const { data } = await socket.recv({ signal })
      player.receive(data, performance.now())
      show()
    } catch (error) {
      if (signal.aborted) return
      // Nobody listens there, says their system. They may be starting; patience has an end of its own.
      if (!isNetError(error, 'ECONNREFUSED')) throw error
    }
}

async function beat(socket: UdpSocket, player: Player, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const bytes = player.poll(performance.now())
    await socket.send(bytes).catch(() => {})
    await pause(SENDING, signal)
  }
}
