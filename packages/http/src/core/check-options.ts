/** What makes no sense is told rather than ignored, everywhere in the same words. */

/** @throws {TypeError} no object, or a key that there is not */
export function checkOptions(verb: string, options: object, keys: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${verb}: the options must be an object`)
  for (const key of Object.keys(options))
    if (!keys.includes(key))
      throw new TypeError(`${verb}: there is no option '${key}'; there are ${keys.join(', ')}`)
}

/** @throws {TypeError | RangeError} what is no number, or less than the least */
export function checkNumber(name: string, value: unknown, least = 0): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`)
  if (!(value >= least)) throw new RangeError(`${name} must be ${least} or more, not ${value}`)
  return value
}
