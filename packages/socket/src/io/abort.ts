/**
 * Who is told when a signal aborts. However many wait on one signal, it carries one listener of ours: a server whose
 * every wait takes the signal of its shutdown would otherwise hang ten thousand on it, which Node 20 calls a leak from the
 * eleventh on, and each would be looked for in a list when it goes.
 *
 * The last who goes takes the listener along, so that nothing is left on a signal that outlives its waits.
 */

const waits = new WeakMap<AbortSignal, Waits>()

/**
 * Has `run` called when the signal aborts; it must not throw.
 *
 * @param signal not aborted yet
 * @returns how to call it off; harmless when it has run
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
