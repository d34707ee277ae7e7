/**
 * Options, made complete at the door: unknown keys are refused by name, so that a misspelt `timout` is
 * told rather than ignored.
 */
import { kindOf } from '../core/bytes.ts'
import { checkKeys } from '../core/keys.ts'
import { printable } from '../core/quote.ts'
import type { WaitOptions } from './stream.ts'

export { checkKeys }

/**
 * Checks what the fields of options are; what is left out, or undefined, is right.
 *
 * @param shape the field and the type of its value
 * @throws {TypeError}
 */
export function checkTypes<T extends object>(
  verb: string,
  options: T,
  shape: { [K in keyof T]?: 'boolean' | 'string' | 'function' | 'object' },
): void {
  for (const [name, type] of Object.entries(shape)) {
    const value = options[name as keyof T]
    if (value !== undefined && (typeof value !== type || value === null || Array.isArray(value)))
      throw new TypeError(
        `${verb}: ${name} must be ${withArticle(type as string)}, not ${kindOf(value)}`,
      )
  }
}

function withArticle(type: string): string {
  return type === 'object' ? 'an object' : `a ${type}`
}

/** @throws {TypeError} what can not end a wait */
export function checkSignal(verb: string, signal: unknown): void {
  if (signal === undefined || typeof (signal as AbortSignal | null)?.throwIfAborted === 'function')
    return
  throw new TypeError(`${verb}: signal must be an AbortSignal, not ${kindOf(signal)}`)
}

/** Looks at the options of a wait that only a signal ends. @throws {TypeError}; `signal.reason` when aborted already */
export function checkEnd(verb: string, options: Pick<WaitOptions, 'signal'>): void {
  checkKeys(verb, options, ['signal'])
  checkSignal(verb, options.signal)
  options.signal?.throwIfAborted()
}

/**
 * Looks at the options of one wait.
 *
 * @returns what is wrong with them: whoever waits is told by a promise
 */
export function wrongWait(verb: string, options: WaitOptions | undefined): Error | undefined {
  if (options === undefined) return undefined
  try {
    checkKeys(verb, options, WAIT_KEYS)
    checkSignal(verb, options.signal)
    checkTimeout(verb, options.timeout)
  } catch (error) {
    return error as Error
  }
  return undefined
}

const WAIT_KEYS = ['signal', 'timeout']

/** @throws {TypeError | RangeError} what is no number of milliseconds; 0 and Infinity turn a timeout off */
export function checkTimeout(verb: string, timeout: unknown, name = 'timeout'): void {
  if (timeout === undefined) return
  if (typeof timeout !== 'number')
    throw new TypeError(`${verb}: ${name} must be a number of milliseconds, not ${kindOf(timeout)}`)
  if (!(timeout >= 0)) throw new RangeError(`${verb}: ${name} must be 0 or more, not ${timeout}`)
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
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`${verb}: limits must be an object, not ${kindOf(given)}`)
  const known = Object.keys(defaults)
  const result = { ...defaults }
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name))
      throw new TypeError(
        `${verb}: there is no limit '${printable(name)}'; the limits are ${known.join(', ')}`,
      )
    if (value === undefined) continue
    if (typeof value !== 'number') throw new TypeError(`${verb}: limits.${name} must be a number`)
    if (!(value >= 1))
      throw new RangeError(`${verb}: limits.${name} must be at least 1, not ${value}`)
    Object.assign(result, { [name]: value })
  }
  return result
}

/** @throws {TypeError | RangeError} what is no whole number of at least so many */
export function mustCount(name: string, value: unknown, least: number): void {
  const wrong = checkCount(name, value, least)
  if (wrong) throw wrong
}

/** @returns what is wrong with a number of bytes: whoever waits is told by a promise */
export function checkCount(name: string, value: unknown, least: number): Error | undefined {
  if (typeof value !== 'number')
    return new TypeError(`${name} must be a number, not ${kindOf(value)}`)
  if (Number.isInteger(value) && value >= least) return undefined
  return new RangeError(`${name} must be a whole number of at least ${least}, not ${value}`)
}
