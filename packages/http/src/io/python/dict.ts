/**
 * Python's `dict` under the names that Python has for what its operators do: `d[key]` is `d.__getitem__(key)`. A class of
 * its own and no Map, since Python's subclasses of dict have methods that Map uses otherwise (`Morsel.set`).
 */
import { builtins } from '@sluice/socket/python'

/** What `update` and the constructor take: another dict, a plain object, a Map, or pairs. */
export type DictLike<K, V> =
  | Dict<K, V>
  | ReadonlyMap<K, V>
  | Iterable<readonly [K, V]>
  | Readonly<Record<string, V>>

/** A mapping that remembers the order in which keys came. */
export class Dict<K = string, V = unknown> implements Iterable<K> {
  /** Under a symbol, so that no name of a subclass is taken. */
  protected readonly map: Map<K, V> = new Map()

  /** @param entries copied; default none */
  constructor(entries?: DictLike<K, V>) {
    if (entries !== undefined && entries !== null)
      for (const [key, value] of pairsOf(entries)) this.map.set(key, value)
  }

  /** @throws {KeyError} there is no such key */
  __getitem__(key: K): V {
    if (!this.map.has(key)) throw new builtins.KeyError(key)
    return this.map.get(key) as V
  }
  __setitem__(key: K, value: V): void {
    this.map.set(key, value)
  }
  /** @throws {KeyError} there is no such key */
  __delitem__(key: K): void {
    if (!this.map.delete(key)) throw new builtins.KeyError(key)
  }
  __contains__(key: K): boolean {
    return this.map.has(key)
  }
  __len__(): number {
    return this.map.size
  }
  [Symbol.iterator](): IterableIterator<K> {
    return this.map.keys()
  }
  __eq__(other: unknown): boolean {
    if (!isDictLike(other)) return false
    const entries = [...pairsOf(other as DictLike<K, V>)]
    return (
      entries.length === this.map.size &&
      entries.every(([key, value]) => this.map.has(key) && this.map.get(key) === value)
    )
  }
  keys(): K[] {
    return [...this.map.keys()]
  }
  values(): V[] {
    return [...this.map.values()]
  }
  items(): [K, V][] {
    return [...this.map.entries()]
  }
  get(key: K, fallback: V | null = null): V | null {
    return this.map.has(key) ? (this.map.get(key) as V) : fallback
  }
  /** @throws {KeyError} there is no such key, and no `fallback` */
  pop(key: K, ...fallback: [V?]): V {
    if (!this.map.has(key)) {
      if (fallback.length > 0) return fallback[0] as V
      throw new builtins.KeyError(key)
    }
    const value = this.map.get(key) as V
    this.map.delete(key)
    return value
  }
  setdefault(key: K, value: V | null = null): V | null {
    if (!this.map.has(key)) this.map.set(key, value as V)
    return this.map.get(key) as V
  }
  /** @throws {TypeError} for what has no pairs */
  update(entries: DictLike<K, V>): void {
    for (const [key, value] of pairsOf(entries)) this.__setitem__(key, value)
  }
  clear(): void {
    this.map.clear()
  }
}

function isDictLike(value: unknown): boolean {
  if (value instanceof Dict || value instanceof Map) return true
  if (typeof value !== 'object' || value === null || Symbol.iterator in value) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The pairs of what is like a dict. @throws {TypeError} for what has none */
export function pairsOf<K, V>(value: DictLike<K, V>): Iterable<readonly [K, V]> {
  if (value instanceof Dict) return value.items()
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${builtins.repr(value)} object is not iterable`)
  if (Symbol.iterator in value) return value as Iterable<readonly [K, V]>
  return Object.entries(value) as unknown as Iterable<readonly [K, V]>
}
