/**
 * Who is told when a signal aborts. However many wait on one signal, it carries one listener of ours: a server whose
 * every wait takes the signal of its shutdown would otherwise hang ten thousand on it, which Node 20 calls a leak from the
 * eleventh on, and each would be looked for in a list when it goes.
 *
 * The last who goes takes the listener along, so that nothing is left on a signal that outlives its waits.
 */

const waits = new WeakMap<AbortSignal, Waits>()

/**
 * Has a function called when a signal aborts. However many wait on one signal, it carries one listener: thousands of waits
 * may share the signal of a shutdown, and Node warns of no leak. Never throws.
 *
 * @param signal not aborted yet: what has aborted tells nobody any more
 * @param run is called once, in the order in which they came; it must not throw
 * @returns how to call it off, after which nothing is left on the signal; harmless when it has run
 * @see the DOM's AbortSignal
 * @example
 * const callOff = onAbort(AbortSignal.timeout(1000), () => console.error('too late'))
 * callOff()
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  let those = waits.get(signal)
  if (those === undefined) {
    those = new Waits(signal)
    waits.set(signal, those)
  }
  return those.add(run)
}

/** Those who wait on one signal. */
class Waits {
  readonly #signal: AbortSignal
  readonly #runs = new Set<{ run: () => void }>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(run: () => void): () => void {
    const entry = { run }
    if (this.#runs.size === 0) this.#signal.addEventListener('abort', this.#tell)
    this.#runs.add(entry)
    return () => {
      if (this.#runs.delete(entry) && this.#runs.size === 0)
        this.#signal.removeEventListener('abort', this.#tell)
    }
  }

  readonly #tell = (): void => {
    // In the order in which they came; one of them may call another off.
    for (const { run } of this.#runs) run()
    this.#runs.clear()
    this.#signal.removeEventListener('abort', this.#tell)
  }
}
