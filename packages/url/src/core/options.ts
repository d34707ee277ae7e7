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
  checkObject(caller, options)
  for (const key of Object.keys(options))
    if (!known.includes(key))
      throw new TypeError(`${caller}: there is no option '${key}'; there is ${known.join(', ')}`)
}

/** @throws {TypeError} when what should hold options is no object */
export function checkObject(caller: string, options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${caller}: options must be an object, not ${named(options)}`)
}

/** @throws {TypeError} for what should be text and is none */
export function checkText(caller: string, value: unknown): asserts value is string {
  if (typeof value !== 'string')
    throw new TypeError(`${caller} takes a string, not ${named(value)}`)
}

/** A token (RFC 9110 §9.1, §5.6.2). */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** @throws {TypeError} for a method that could not stand in a request */
export function checkMethod(caller: string, method: unknown): asserts method is string {
  if (typeof method !== 'string' || !METHOD.test(method))
    throw new TypeError(`${caller}: method must be a token such as GET, not ${named(method)}`)
}

/**
 * By what it can do and not by its class: a signal may come from another realm, or from a package of its own.
 *
 * @throws {TypeError} for a signal that cannot be asked or listened to
 */
export function checkSignal(caller: string, signal: unknown): void {
  const { throwIfAborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>
  if (typeof throwIfAborted !== 'function' || typeof addEventListener !== 'function')
    throw new TypeError(`${caller}: signal must be an AbortSignal, not ${named(signal)}`)
}

/** @throws {RangeError} for a time for the whole that is none: less than nothing would be told as too late */
export function checkTotal(caller: string, timeout: unknown): void {
  const total =
    typeof timeout === 'object' && timeout !== null
      ? (timeout as { total?: unknown }).total
      : timeout
  if (total == null || (typeof total === 'number' && total >= 0)) return
  throw new RangeError(`${caller}: timeout takes milliseconds, 0 or more, not ${String(total)}`)
}

/** @throws {TypeError} when what should be called is no function */
export function checkCallable(caller: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function')
    throw new TypeError(`${caller}: ${name} must be a function, not ${named(value)}`)
}

/** A wrong value in few words: text as it is, anything else by its kind. */
function named(value: unknown): string {
  if (typeof value === 'string') {
    const shown = value.length > 40 ? `${value.slice(0, 37)}...` : value
    return JSON.stringify(shown)
  }
  if (value === null || value === undefined) return String(value)
  return Array.isArray(value)
    ? 'an array'
    : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
