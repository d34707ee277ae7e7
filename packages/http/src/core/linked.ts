/**
 * Lets our classes pass `instanceof` the platform's, without touching the platform's until somebody does:
 * in Node the mere mention of the global `Request` loads 20 ms of code.
 *
 * The prototype behind each of our classes is a Proxy that names its own prototype only when asked, which
 * is what `instanceof` does. Everything that our classes define is found before it; what is not found goes
 * through it, `then` apart, and ends where it would have ended: at Object.prototype.
 *
 * Code that needs the brand and not only the name (`fetch(ours)`, `new Request(ours)`) reads the parts of a
 * Request under symbols of its own in Node 20 and 22 and in Deno: there the Proxy answers with the parts of
 * a real one, built at that moment. Node 24 and later and Bun use private members, which nothing but the
 * platform's constructor can give; on those `clone()` is the way to a real one, and `new Request(url, ours)`
 * works everywhere.
 */

type Platform = { new (url: string): object; readonly prototype: object }
type Name = 'Headers' | 'Request' | 'Response'
type Platforms = Readonly<Partial<Record<Name, Platform>>>

/** Each by its name and not by a key, so that the layer check sees which globals are meant. */
const PLATFORM: Readonly<Record<Name, () => Platform | undefined>> = {
  Headers: () => (globalThis as unknown as Platforms).Headers,
  Request: () => (globalThis as unknown as Platforms).Request,
  Response: () => (globalThis as unknown as Platforms).Response,
}

/**
 * Makes a base class that is linked to a class of the platform.
 *
 * @param name of the platform's class
 * @param real builds the platform's object for one of ours, where that can help
 */
export function linked(name: Name, real?: (ours: object) => object): new () => object {
  const platform = PLATFORM[name]
  let symbols: ReadonlySet<symbol> | undefined
  const isBrand = (key: PropertyKey): key is symbol => {
    // A symbol of the language or of the registry belongs to everybody.
    if (typeof key !== 'symbol' || key.description?.startsWith('Symbol.') || Symbol.keyFor(key))
      return false
    symbols ??= symbolsOf(platform())
    return symbols.has(key)
  }
  function Link(): void {
    // Nothing to construct: only the prototype counts.
  }
  const proxy = new Proxy(
    {},
    {
      getPrototypeOf: (target) => platform()?.prototype ?? Reflect.getPrototypeOf(target),
      get: (target, key, receiver) =>
        real !== undefined && isBrand(key)
          ? Reflect.get(real(receiver), key)
          : Reflect.get(target, key, receiver),
    },
  )
  // Whoever is awaited is asked for `then`. It is found here, since the way through the Proxy costs more than the await.
  // biome-ignore lint/suspicious/noThenProperty: it is undefined, which is what says that nobody is to wait.
  Link.prototype = Object.create(proxy, { then: { value: undefined } })
  return Link as unknown as new () => object
}

/** Node has the parts on the instance, Deno some of them on the prototype. */
function symbolsOf(Class: Platform | undefined): Set<symbol> {
  if (Class === undefined) return new Set()
  const places = [new Class('http://localhost/'), Class.prototype]
  return new Set(places.flatMap((place) => Object.getOwnPropertySymbols(place)))
}
