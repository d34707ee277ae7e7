/**
 * Options, made complete at the door: unknown keys are refused by name, so that a misspelt `timout` is
 * told rather than ignored.
 */

/**
 * Checks that options are an object with known keys only.
 *
 * @param verb the function that takes them, for the sentence
 * @throws {TypeError}
 */
export function checkKeys(verb: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${verb}: options must be an object`)
  for (const key of Object.keys(options))
    if (!known.includes(key))
      throw new TypeError(
        `${verb}: there is no option '${key}'; the options are ${known.join(', ')}`,
      )
}

/** @throws {TypeError | RangeError} what is no number of milliseconds; 0 and Infinity turn a timeout off */
export function checkTimeout(verb: string, timeout: unknown): void {
  if (timeout === undefined) return
  if (typeof timeout !== 'number')
    throw new TypeError(`${verb}: timeout must be a number of milliseconds`)
  if (!(timeout >= 0)) throw new RangeError(`${verb}: timeout must be 0 or more, not ${timeout}`)
}

/**
 * Completes a set of bounds.
 *
 * @param given what the user gave; `undefined` is as good as left out
 * @throws {TypeError} for a bound that there is not, or that is not a number
 * @throws {RangeError} for one below 1 or NaN: it would bound nothing, or everything
 */
export function completeLimits<T extends object>(
  verb: string,
  given: { [K in keyof T]?: T[K] | undefined } | undefined,
  defaults: T,
): T {
  if (given === undefined) return defaults
  const known = Object.keys(defaults)
  const result = { ...defaults }
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name))
      throw new TypeError(
        `${verb}: there is no limit '${name}'; the limits are ${known.join(', ')}`,
      )
    if (value === undefined) continue
    if (typeof value !== 'number') throw new TypeError(`${verb}: limits.${name} must be a number`)
    if (!(value >= 1))
      throw new RangeError(`${verb}: limits.${name} must be at least 1, not ${value}`)
    Object.assign(result, { [name]: value })
  }
  return result
}
