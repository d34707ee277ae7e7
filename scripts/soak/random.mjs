// Randomness that can be had again: mulberry32, by Tommy Ettinger, in the public domain.

/** @param {number} seed */
export function randomOf(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  /** @param {number} limit */
  const below = (limit) => next() % limit
  /** An address of this machine: there are sixteen million, and each has ports of its own. */
  const loopback = () =>
    process.platform === 'linux' ? `127.${below(256)}.${below(256)}.${1 + below(254)}` : '127.0.0.1'
  return { below, loopback }
}
