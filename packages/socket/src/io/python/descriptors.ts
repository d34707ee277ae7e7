/**
 * Descriptors of Python sockets. The numbers are ours, since no runtime tells those of the system: they mean something to
 * this door alone. Several may share one description (`dup`); the last that is closed closes the socket.
 */
import type { Description, OSErrorLike } from './description.ts'
import { errnoOf, osError } from './os-errors.ts'

/** Sockets that are open, by their numbers. */
const table = new Map<number, Description>()

/**
 * Where numbers begin: above the descriptors that a process is given (FD_SETSIZE, 1024), so that none of ours is taken
 * for one of the system's.
 */
const FIRST = 1_024

/** Gives a description the lowest number that is free. */
export function register(description: Description): number {
  let number = FIRST
  while (table.has(number)) number++
  table.set(number, description)
  description.count++
  return number
}

/** @throws {OSError} EBADF, when nothing stands behind the number */
export function describe(number: number): Description {
  const description = table.get(number)
  if (description === undefined) throw osError('EBADF')
  return description
}

/** Gives a number up; the last one closes what stood behind. @throws {OSError} EBADF */
export function release(number: number): void {
  const description = describe(number)
  table.delete(number)
  if (--description.count === 0) description.close()
}

/** The number of an error, for SO_ERROR and `connect_ex`; -1 where it has none. */
export function numberOf(error: unknown): number {
  const { errno } = error as OSErrorLike
  return typeof errno === 'number' ? errno : errnoOf('EIO')
}
