/**
 * Class attributes as Python has them: set on a class, seen through its instances, replaced on one instance by an
 * assignment. A subclass may set them as `static` or, as JavaScript programs do, as fields.
 */

type Class = (abstract new (...args: never[]) => object) & Record<string, unknown>

/**
 * Makes statics of a class visible on its instances.
 *
 * @param owner the class
 * @param names its attributes
 */
export function classAttributes(owner: unknown, names: readonly string[]): void {
  const { prototype } = owner as Class
  for (const name of names)
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: object): unknown {
        return (this.constructor as unknown as Class)[name]
      },
      set(this: object, value: unknown) {
        Object.defineProperty(this, name, {
          value,
          configurable: true,
          enumerable: true,
          writable: true,
        })
      },
    })
}
