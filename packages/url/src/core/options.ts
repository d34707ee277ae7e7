/**
 * Checks the trailing options of this package's functions: a key that nobody reads is refused by name, since
 * a misspelt option that is silently ignored is the hardest kind of bug to see.
 */

/**
 * @param caller the function, for the sentence
 * @param known the keys it reads
 * @throws {TypeError} when `options` is no object, or for the first key that is not known
 */
export function checkOptions(caller: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${caller}: options must be an object`)
  for (const key of Object.keys(options))
    if (!known.includes(key))
      throw new TypeError(`${caller}: there is no option '${key}'; there is ${known.join(', ')}`)
}
