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
