/**
 * Functions of the program that are called where nobody waits for them: an exception would end the process, and so would
 * the rejection of one that turns out to be async.
 */

/**
 * Calls a function of the program.
 *
 * @param run calls it, and gives what it gave
 * @param threw is told of what it throws, or rejects with later; default: nobody
 */
export function fence(run: () => unknown, threw: (error: unknown) => void = drop): void {
  try {
    const promise = run() as PromiseLike<unknown> | null | undefined
    if (typeof promise?.then === 'function') promise.then(undefined, threw)
  } catch (error) {
    threw(error)
  }
}

function drop(): void {}
