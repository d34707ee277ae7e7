/**
 * One attempt: one address, one socket, one outcome. It stands, fails, takes too long, or is called off; whatever
 * its socket still says after that, nobody hears.
 */
import type { NetConnectOpts, Socket as NodeSocket } from 'node:net'
import { startDeadline } from './deadline.ts'
import type { Clock } from './system.ts'

/** An attempt under way. */
export interface Dial {
  /** The connected socket. @throws the system's error, or what `tooLate` made */
  readonly done: Promise<NodeSocket>
  /** Lets go of the socket; `done` never settles then, if it has not yet. */
  cancel(): void
}

/**
 * Begins to connect.
 *
 * @param open makes the socket; may throw
 * @param ms how long it may take
 * @param tooLate makes the error for an attempt that took longer
 */
export function dial(
  clock: Clock,
  open: (options: NetConnectOpts) => NodeSocket,
  options: NetConnectOpts,
  ms: number,
  tooLate: () => Error,
): Dial {
  let socket: NodeSocket
  try {
    socket = open(options)
  } catch (error) {
    return failedDial(error)
  }
  let stop = (): void => {}
  const done = new Promise<NodeSocket>((resolve, reject) => {
    const onConnect = (): void => {
      // Until somebody has it, whom its errors end.
      socket.on('error', drop)
      stop()
      resolve(socket)
    }
    const onError = (error: Error): void => {
      letGo()
      reject(error)
    }
    const deadline = startDeadline(clock, ms, () => {
      letGo()
      reject(tooLate())
    })
    stop = () => {
      deadline.stop()
      socket.off('connect', onConnect).off('error', onError)
    }
    socket.once('connect', onConnect).once('error', onError)
  })
  const letGo = (): void => {
    stop()
    // An error event that is already on its way must not end the process.
    socket.on('error', drop).destroy()
  }
  return { done, cancel: letGo }
}

/** For errors of a socket that nobody holds yet, or any more. */
export function drop(): void {}

/** An attempt that failed before it began. */
export function failedDial(error: unknown): Dial {
  return { done: Promise.reject(error), cancel() {} }
}
