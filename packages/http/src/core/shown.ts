/**
 * How a console shows our classes. What they hold is private, and would be shown as `Response {}`; Node, Bun and Deno ask
 * for a method under this symbol first.
 */
import { maskFields } from './masked.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

type Inspect = (value: unknown, options: object) => string

/**
 * Has a class shown by its name and some facts.
 *
 * @param prototype of the class
 * @param facts what is shown of an object
 */
export function shownBy<T extends object>(
  prototype: T,
  name: string,
  facts: (ours: T) => object,
): void {
  Object.defineProperty(prototype, INSPECT, {
    value(this: T, _depth: number, options: object, inspect: Inspect) {
      return `${name} ${inspect(facts(this), options)}`
    },
  })
}

/** Fields as a console shows them: what proves who somebody is stays hidden, since logs are read by others. */
export function shownFields(lines: readonly (readonly [string, string])[]): object {
  const shown = new Map<string, string>()
  for (const [name, value] of lines) {
    const line = maskFields(`${name}: ${value}`)
    const before = shown.get(name)
    const masked = line.slice(name.length + 2)
    shown.set(name, before === undefined ? masked : `${before}, ${masked}`)
  }
  return Object.fromEntries(shown)
}
