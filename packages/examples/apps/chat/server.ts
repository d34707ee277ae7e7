/** The server: a line is read, the room decides, the deliveries are made. One async function for each member. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, text } from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { type Server, serve } from '@sluice/socket/server'
import { deliver } from './deliver.ts'
import { Bucket } from './pace.ts'
import { LIMITS, parseCommand, parseName } from './protocol.ts'
import { ROOM, Room } from './room.ts'

const GREETING = 'Your name?'

/** Opens a chat. */
export function openChat(place: { hostname: string; port: number }): Promise<Server> {
  const room = new Room<Connection>()
  return serve((connection, { signal }) => host(room, connection, signal), {
    ...place,
    limits: { connections: ROOM.members, perAddress: 20 },
    timeout: { idle: 600_000 },
  })
}

/** One member, from the name to the goodbye. */
async function host(room: Room<Connection>, member: Connection, signal: AbortSignal) {
  let name: string | undefined
  try {
    deliver([{ to: member, line: GREETING }])
    for await (const line of linesOf(member, signal)) {
      if (name !== undefined) {
        if (!answer(room, member, name, line)) break
      } else
        name = attempt(member, () => {
          const wanted = parseName(line)
          deliver(room.enter(wanted, member))
          return wanted
        })
    }
  } catch (error) {
    if (signal.aborted) deliver([{ to: member, line: '* the chat is closing' }])
    else if (isNetError(error, 'ERR_TOO_LONG'))
      deliver([{ to: member, line: `! a line has at most ${LIMITS.line} bytes` }])
    // A member who is lost has left; there is nobody to tell.
    else if (!isNetError(error)) throw error
  } finally {
    if (name !== undefined) deliver(room.leave(name))
  }
}

/** @returns false when the member wants to go */
function answer(room: Room<Connection>, member: Connection, name: string, line: string): boolean {
  const goesOn = attempt(member, () => {
    const command = parseCommand(line)
    if (command?.kind === 'leave') return false
    if (command !== undefined) deliver(room.act(name, command))
    return true
  })
  return goesOn ?? true
}

/** What the member did wrong is told to them, and to nobody else. */
function attempt<T>(member: Connection, act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error
    deliver([{ to: member, line: `! ${error.message}` }])
    return undefined
  }
}

/** Their lines, no faster than the pace. */
async function* linesOf(member: Connection, signal: AbortSignal) {
  const bucket = new Bucket(performance.now())
  for (;;) {
    const line = await member.recvLine(LIMITS.line, { signal })
    if (line === null) return
    const wait = bucket.take(performance.now())
    if (wait > 0) await sleep(wait, undefined, { signal })
    yield text(line)
  }
}
