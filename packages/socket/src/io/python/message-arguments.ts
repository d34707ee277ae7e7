/**
 * What is asked of the arguments of a constructor, of `sendmsg` and of `recvmsg`: numbers of descriptors, pieces of memory,
 * items of ancillary data.
 */
import { type Address, bytesOf, intOf, typeName } from './arguments.ts'
import { ValueError } from './errors.ts'

export function checkFileno(fileno: unknown): number {
  if (typeof fileno !== 'number' || !Number.isInteger(fileno))
    throw new TypeError(`an integer is required (got type ${typeName(fileno)})`)
  if (fileno < 0) throw new ValueError('negative file descriptor')
  return fileno
}

/** -1 is Python's word for "what fits". */
export function orElse(value: unknown, fallback: number): number {
  const given = intOf(value ?? -1)
  return given === -1 ? fallback : given
}

/** An address as Python writes a tuple. */
export function tuple(address: Address): string {
  if (!Array.isArray(address)) return `'${String(address)}'`
  return `(${address.map((part) => (typeof part === 'string' ? `'${part}'` : part)).join(', ')})`
}

export function iterableOf(verb: string, value: unknown): Iterable<unknown> {
  const isIterable =
    typeof value === 'object' &&
    value !== null &&
    Symbol.iterator in value &&
    !ArrayBuffer.isView(value)
  if (!isIterable) throw new TypeError(`${verb}() argument 1 must be an iterable`)
  return value as Iterable<unknown>
}

export function piecesOf(verb: string, buffers: unknown): Uint8Array[] {
  return [...iterableOf(verb, buffers)].map(bytesOf)
}

export function checkAncillary(item: unknown): void {
  if (!Array.isArray(item) || item.length !== 3)
    throw new TypeError('[sendmsg() ancillary data items] must be a sequence of 3 items')
  intOf(item[0])
  intOf(item[1])
  bytesOf(item[2])
}
