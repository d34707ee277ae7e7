/** What the wrappers share: a misspelt option is told rather than ignored. */

/** @throws {TypeError} a key that there is not */
export function checkOptions(verb: string, options: object, keys: readonly string[]): void {
  for (const key of Object.keys(options))
    if (!keys.includes(key))
      throw new TypeError(`${verb}: there is no option '${key}'; there are ${keys.join(', ')}`)
}
