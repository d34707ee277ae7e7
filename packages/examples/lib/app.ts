// What the apps share: words become options, mistakes become sentences, Ctrl-C becomes a signal.
import { setTimeout as sleep } from 'node:timers/promises'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { onAbort } from '@sluice/socket'

/** The person at the keyboard wrote something that makes no sense: one sentence, and status 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

type Options = NonNullable<ParseArgsConfig['options']>
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>

/** Reads the words behind the name of an app. @throws {UsageError} for an option that is not there, or has no value */
export function readWords<T extends Options>(words: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (error) {
    // Node says in two or three sentences what to do about it; the first says what is wrong.
    throw new UsageError(String((error as Error).message).split(/(?<=[^.])\. /)[0] as string)
  }
}

/**
 * Tells the role that somebody wants to play, and the words behind it.
 *
 * @throws {UsageError} when there is none, or none of that name
 */
export function roleOf<R extends string>(
  [role, ...rest]: readonly string[],
  ...roles: readonly R[]
): [role: R, rest: string[]] {
  const found = roles.find((name) => name === role)
  if (found !== undefined) return [found, rest]
  throw new UsageError(role === undefined ? `${roles.join(', or ')}?` : `no role '${role}'`)
}

/** @throws {UsageError} when there are words that nobody has asked for */
export function noMore([word]: readonly string[]): void {
  if (word !== undefined) throw new UsageError(`nothing is known to do with '${word}'`)
}

/** A whole number in an option. @throws {UsageError} for anything else */
export function wholeNumber(
  name: string,
  text: string | undefined,
  preset: number,
  [least, most]: readonly [number, number],
): number {
  if (text === undefined) return preset
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most))
    throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not '${text}'`)
  return value
}

/** Aborted by the first Ctrl-C or SIGTERM, so that the app can end in good order. A second one does not wait for that. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(new Error(`interrupted by ${name}`))
    })
  return controller.signal
}

/** Settles when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else onAbort(signal, resolve)
  })
}

/** Waits, until the signal aborts at the latest. Who goes on asks it which of the two it was. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
