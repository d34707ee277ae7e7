/** The names that options may have, for whatever takes options: unknown ones are refused by name. */
import { kindOf } from './bytes.ts'
import { printable } from './quote.ts'

/**
 * Checks that options are an object with known keys only.
 *
 * @param verb the function that takes them, for the sentence
 * @throws {TypeError}
 */
export function checkKeys(verb: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`${verb}: options must be an object, not ${kindOf(options)}`)
  for (const key of Object.keys(options))
    if (!known.includes(key))
      throw new TypeError(
        `${verb}: there is no option '${printable(key)}'; the options are ${known.join(', ')}`,
      )
}
