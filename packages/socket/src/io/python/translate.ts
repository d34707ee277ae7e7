/**
 * Between the core's refusals and Python's exceptions.
 */
import { ValueError } from './errors.ts'

/**
 * Runs something of the core and speaks of its failures in Python's terms: wrong text and wrong bounds are
 * both `ValueError` there. Anything else passes as it is.
 */
export function asValueError<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError)
      throw Object.assign(new ValueError(error.message), { cause: error })
    throw error
  }
}
