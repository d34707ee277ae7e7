/**
 * Python's calling convention for the Python doors: positional arguments in Python's order, keywords in a
 * trailing `kw({ doseq: true })`, classes that may be called without `new`.
 *
 * A keyword object carries a mark, so that a plain object in last place stays what it is: data.
 * `bind` does what Python's interpreter does before a function runs, and complains in the same words.
 */

// Symbol.for: every copy of the package, and every door, knows the mark.
const MARK: unique symbol = Symbol.for('sluice.kw')

/** Keyword arguments, made by `kw`. */
export interface Keywords {
  readonly [MARK]: true
  readonly [name: string]: unknown
}

/** What a function with the parameters `P` may be called with: all by position, or the last ones as `kw({…})`. */
export type Call<P extends unknown[]> = P | [...Prefix<Required<P>>, Keywords]

/**
 * The same for a method: one list and no union, or a subclass could not override it with parameters of its own. Keywords
 * stand in the place of the first that is not given by position.
 */
export type Given<P extends unknown[]> = [
  ...{ [K in keyof P]: P[K] | Keywords },
  keywords?: Keywords,
]

type Prefix<P extends unknown[]> = P extends [infer First, ...infer Rest]
  ? [] | [First, ...Prefix<Rest>]
  : []

/**
 * Marks an object as keyword arguments; it must come last in a call.
 *
 * @example socket.inet_pton(kw({ address_family: socket.AF_INET, ip_string: '127.0.0.1' }))
 */
export function kw(values: Readonly<Record<string, unknown>>): Keywords {
  return Object.assign(Object.create(null), values, { [MARK]: true })
}

/** Whether a value came from `kw`, from whichever copy of the package. */
export function isKeywords(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && MARK in value && value[MARK] === true
}

/**
 * Sorts the arguments of a call by parameter name.
 *
 * @param name the function, for the sentence
 * @param parameters names in positional order; one that ends in `?` may be left out; those after `*` can
 *   only be given by keyword
 * @param args what the function was called with
 * @returns a record of what was given, without what was not
 * @throws {TypeError} as Python does: too many, missing, unknown, or given twice
 */
export function bind(
  name: string,
  parameters: readonly string[],
  args: readonly unknown[],
): Record<string, unknown> {
  const last = args[args.length - 1]
  const keywords = isKeywords(last) ? last : undefined
  const count = keywords ? args.length - 1 : args.length
  const star = parameters.indexOf('*')
  const most = star === -1 ? parameters.length : star
  if (count > most)
    throw new TypeError(`${name}() takes ${most} positional arguments but ${count} were given`)
  const bound: Record<string, unknown> = {}
  for (let i = 0; i < count; i++)
    if (args[i] !== undefined) bound[nameOf(parameters[i] as string)] = args[i]
  if (keywords !== undefined) bindKeywords(name, parameters, keywords, bound)
  for (const parameter of parameters)
    if (parameter !== '*' && !parameter.endsWith('?') && !(parameter in bound))
      throw new TypeError(`${name}() missing required argument: '${parameter}'`)
  return bound
}

function bindKeywords(
  name: string,
  parameters: readonly string[],
  keywords: Keywords,
  bound: Record<string, unknown>,
): void {
  for (const [key, value] of Object.entries(keywords)) {
    if (key === '*' || !parameters.some((parameter) => nameOf(parameter) === key))
      throw new TypeError(`${name}() got an unexpected keyword argument '${key}'`)
    if (key in bound) throw new TypeError(`${name}() got multiple values for argument '${key}'`)
    if (value !== undefined) bound[key] = value
  }
}

const nameOf = (parameter: string): string =>
  parameter.endsWith('?') ? parameter.slice(0, -1) : parameter

/** A class that may be called like a function, as in Python. */
export type Callable<C extends new (...args: never[]) => unknown> = C &
  ((...args: ConstructorParameters<C>) => InstanceType<C>)

/**
 * Lets a class be called with or without `new`. The result stands for the class everywhere: `instanceof`,
 * `extends` and statics go through to it.
 *
 * @param name what Python calls it; default: its name here
 */
export function callable<C extends new (...args: never[]) => unknown>(
  Class: C,
  name?: string,
): Callable<C> {
  if (name !== undefined) Object.defineProperty(Class, 'name', { value: name })
  const proxy: C = new Proxy(Class, {
    // Made by the class itself where no other is derived from it: an engine has no fast way to make things of a Proxy.
    apply: (_target, _self, args) => new Class(...(args as never[])) as object,
    construct: (_target, args, target) =>
      target === proxy
        ? (new Class(...(args as never[])) as object)
        : Reflect.construct(Class, args, target),
  })
  return proxy as Callable<C>
}
