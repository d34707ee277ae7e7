/**
 * Lets the platform's `fetch(ours)` and `new Request(ours)` work where that is possible.
 *
 * Node 20 and 22 keep the parts of a Request under symbols, and read them from whatever passes
 * `instanceof`: there, our class answers to the same symbols with the parts of a real Request, built at
 * that moment. Node 24 and later use private members, which nothing but the platform's constructor can
 * give; on those, `clone()` is the way to a real one, and `new Request(url, ours)` works everywhere.
 */

let isDone = false

/**
 * Teaches a class the symbols of the platform's Request, once.
 *
 * @param prototype of our class
 * @param real builds the platform's object for one of ours
 */
export function adoptBrand(prototype: object, real: (ours: object) => object): void {
  if (isDone) return
  isDone = true
  const Platform = (globalThis as { Request?: new (url: string) => object }).Request
  if (Platform === undefined) return
  for (const symbol of Object.getOwnPropertySymbols(new Platform('http://localhost/'))) {
    const get = function (this: object): unknown {
      return (real(this) as Record<symbol, unknown>)[symbol]
    }
    Object.defineProperty(prototype, symbol, { get, configurable: true })
  }
}
