/**
 * Scripted peers: a server, or one end of a stream, that says and expects what a test wrote down, byte for byte.
 * For the peers that no real program plays: one that stalls, resets in the middle of a word, or answers garbage.
 */

import type { Address } from '../../core/address.ts'
import { type Data, text, toBytes } from '../../core/bytes.ts'
import { listen } from '../listen.ts'
import type { ByteStream } from '../stream.ts'

/** One step of a script. */
export type ScriptStep =
  /** Waits for exactly these bytes. */
  | { expect: Data }
  /** Waits for bytes up to and including a mark. */
  | { expectUntil: Data }
  | { send: Data }
  /** Waits for the peer's end. */
  | { expectEnd: true }
  /** Ends writing; ends the connection; ends it with a reset; or keeps it open and says nothing. */
  | 'finish'
  | 'close'
  | 'reset'
  | 'stall'

/**
 * Plays a script on a stream.
 *
 * @param stream open, and read by nobody else
 * @param steps what to say and to expect, in order
 * @throws {Error} a step that did not go as written, with its number
 * @see expect(1)
 */
export async function playScript(stream: ByteStream, steps: readonly ScriptStep[]): Promise<void> {
  for (const [at, step] of steps.entries()) {
    try {
      if (!(await play(stream, step))) return
    } catch (cause) {
      throw new Error(`step ${at + 1} of the script: ${(cause as Error).message}`, { cause })
    }
  }
  await stream.close()
}

/** @returns whether the script goes on */
async function play(stream: ByteStream, step: ScriptStep): Promise<boolean> {
  if (step === 'stall') return false
  if (step === 'finish') await stream.shutdown('write')
  else if (step === 'close') await stream.close()
  else if (step === 'reset') stream.destroy()
  else if ('send' in step) await stream.sendAll(step.send)
  else if ('expectUntil' in step) await stream.recvUntil(step.expectUntil)
  else if ('expectEnd' in step) await expectEnd(stream)
  else await expectBytes(stream, toBytes(step.expect))
  return true
}

async function expectBytes(stream: ByteStream, wanted: Uint8Array): Promise<void> {
  const got = text(await stream.recvExactly(wanted.length))
  if (got !== text(wanted))
    throw new Error(`expected ${JSON.stringify(text(wanted))}, got ${JSON.stringify(got)}`)
}

async function expectEnd(stream: ByteStream): Promise<void> {
  const more = await stream.recv()
  if (more !== null) throw new Error(`expected the end, got ${JSON.stringify(text(more))}`)
}

/** A server that plays scripts. */
export interface ScriptedServer extends AsyncDisposable {
  /** Where it listens. */
  readonly address: Address
  /** Settles when every script was played; rejects with the first that went wrong. */
  readonly done: Promise<void>
  /** Ends everything. Never rejects. */
  close(): Promise<void>
}

/**
 * Listens on a free port of 127.0.0.1 and plays one script for each connection, in their order; more connections
 * are reset.
 *
 * @param scripts one for each connection
 * @throws {NetError} as `listen`
 * @see expect(1)
 * @example
 * await using server = await scriptedServer([[{ expectUntil: '\r\n' }, { send: '220 hello\r\n' }, 'reset']])
 */
export async function scriptedServer(
  scripts: readonly (readonly ScriptStep[])[],
): Promise<ScriptedServer> {
  const listener = await listen('127.0.0.1:0')
  const open = new Set<ByteStream>()
  const run = async (): Promise<void> => {
    const played: Promise<void>[] = []
    for (const script of scripts) {
      const connection = await listener.accept()
      open.add(connection)
      const playing = playScript(connection, script)
      // It may fail while the next connection is waited for; whoever asks for `done` is told.
      playing.catch(() => {})
      played.push(playing)
    }
    await Promise.all(played)
  }
  const done = run()
  // Whoever does not ask is not to be ended by it.
  done.catch(() => {})
  void done
    .finally(async () => {
      for await (const surplus of listener) surplus.destroy()
    })
    .catch(() => {})
  const close = async (): Promise<void> => {
    await listener.close()
    for (const connection of open) connection.destroy()
  }
  return { address: listener.address, done, close, [Symbol.asyncDispose]: close }
}
