/**
 * Functions of the program that are called where nobody waits for them: an exception would end the process, and so would
 * the rejection of one that turns out to be async.
 */

/**
 * Calls a function of the program.
 *
 * @param run calls it
 * @param threw is told of what it throws, or rejects with later
 * @returns what it gave; `undefined` when it threw
 */
export function fence<R>(run: () => R, threw: (error: unknown) => void): R | undefined {
  try {
    const result = run()
    ifRejected(result, threw)
    return result
  } catch (error) {
    threw(error)
    return undefined
  }
}

/** The half of it that comes later: for a caller that is to be told of an exception itself. */
export function ifRejected(result: unknown, threw: (error: unknown) => void): void {
  const promise = result as PromiseLike<unknown> | null | undefined
  if (typeof promise?.then === 'function') promise.then(undefined, threw)
}
