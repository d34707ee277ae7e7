/**
 * Byte order of numbers: what the network wants (the highest byte first, RFC 1700 "big-endian") and what the
 * host has. JavaScript numbers have no byte order, and `DataView` takes one as an argument, so a program of
 * today needs none of this; protocols written down in terms of `htons` do.
 *
 * The host is taken to be little-endian: nearly every machine is, and a program that gives the same output for
 * the same input everywhere is worth more than one that is right about s390x.
 */

/**
 * Swaps the bytes of a 16-bit number, from host to network order.
 *
 * @param value an integer, 0 to 65 535
 * @throws {RangeError} outside that range
 * @throws {TypeError} for anything but an integer
 * @see byteorder(3)
 * @example htons(80) // 20480
 */
export function htons(value: number): number {
  check('htons', value, 0xffff)
  return ((value & 0xff) << 8) | (value >> 8)
}

/**
 * Swaps the bytes of a 16-bit number, from network to host order; the same work as `htons`.
 *
 * @param value an integer, 0 to 65 535
 * @throws as `htons`
 * @see byteorder(3)
 */
export function ntohs(value: number): number {
  check('ntohs', value, 0xffff)
  return ((value & 0xff) << 8) | (value >> 8)
}

/**
 * Swaps the bytes of a 32-bit number, from host to network order.
 *
 * @param value an integer, 0 to 4 294 967 295
 * @throws {RangeError} outside that range
 * @throws {TypeError} for anything but an integer
 * @see byteorder(3)
 * @example htonl(1) // 16777216
 */
export function htonl(value: number): number {
  check('htonl', value, 0xffff_ffff)
  return swap32(value)
}

/**
 * Swaps the bytes of a 32-bit number, from network to host order; the same work as `htonl`.
 *
 * @param value an integer, 0 to 4 294 967 295
 * @throws as `htonl`
 * @see byteorder(3)
 */
export function ntohl(value: number): number {
  check('ntohl', value, 0xffff_ffff)
  return swap32(value)
}

function swap32(value: number): number {
  const swapped =
    (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)
  // Bit operators give signed numbers; the network knows none.
  return swapped >>> 0
}

function check(caller: string, value: number, most: number): void {
  if (!Number.isInteger(value)) throw new TypeError(`${caller}: the value must be an integer`)
  if (value < 0 || value > most) throw new RangeError(`${caller}: ${value} is outside 0 to ${most}`)
}
