/**
 * The PROXY protocol, versions 1 and 2: what a load balancer says first, so that the server behind it knows who the
 * client is. One line of text, or a binary header; the client's own bytes follow at once.
 *
 * **Whoever may send this header may claim any address.** A reader takes it from listed balancers alone, and from them
 * always: "may or may not be there" would let a client write one (§2, "MUST not try to guess").
 *
 * What is read strictly: v1 is at most 107 bytes with CRLF; addresses and ports have one spelling. What is skipped: the
 * TLVs of v2, within the length that the header states, save for the checksum, which has to be right where there is one.
 * Source: haproxy, doc/proxy-protocol.txt, revision of 2024.
 */
import { type Bytes, concat, decodeLatin1, encodeLatin1, kindOf } from './bytes.ts'
import { AF_INET, AF_INET6 } from './constants.ts'
import { inetNtop, inetPton, isIPv4, isIPv6 } from './ip.ts'
import { quoted } from './quote.ts'

/** One end, as the balancer saw it. */
export interface ProxyEnd {
  /** An IP address. */
  readonly hostname: string
  /** 0 to 65535. */
  readonly port: number
}

/** What a header says. */
export interface ProxyHeader {
  /** Which form the header had: 1 a line of text, 2 binary. */
  readonly version: 1 | 2
  /**
   * Whose connection it is: `proxied`, a client's; `local`, the balancer's own (a health check); `unknown`, the balancer
   * does not say. For the last two the real ends count.
   */
  readonly command: 'proxied' | 'local' | 'unknown'
  /** What the client speaks to the balancer: TCP, or UDP; nothing where it does not say. */
  readonly transport?: 'stream' | 'datagram' | undefined
  /** Where the client is. */
  readonly source?: ProxyEnd | undefined
  /** Where the client went. */
  readonly destination?: ProxyEnd | undefined
  /** A v2 header over Unix sockets has paths instead: the client's. */
  readonly sourcePath?: string | undefined
  /** The path that the client went to. */
  readonly destinationPath?: string | undefined
  /** v2: type and value of what else it says, in order. */
  readonly tlvs: readonly (readonly [type: number, value: Bytes])[]
  /** Length of the header in bytes. */
  readonly consumed: number
}

/** §2.1: the longest line, CRLF included. */
const V1_MOST = 107
const V1_SIGNATURE = encodeLatin1('PROXY ')
/** §2.2: chosen so that no other protocol begins like this. */
const V2_SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10)
const V2_HEAD = 16
/** §2.2: the length of the address block of each family. */
const V2_ADDRESSES: Readonly<Record<number, number>> = { 0: 0, 1: 12, 2: 36, 3: 216 }
const CRC32C = 3

/**
 * Reads a header from the beginning of what has arrived.
 *
 * @param bytes what has arrived, from the first byte on
 * @returns the header, or `undefined` while it is not complete: at most 107 bytes of v1, 65 551 of v2
 * @throws {SyntaxError} for anything that is not such a header: let go of the connection
 * @see haproxy, doc/proxy-protocol.txt §2
 */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader | undefined {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`PROXY header: bytes are read, not ${kindOf(bytes)}`)
  const isV1 = begins(bytes, V1_SIGNATURE)
  const isV2 = begins(bytes, V2_SIGNATURE)
  if (!isV1 && !isV2) throw new SyntaxError('PROXY header: there is none')
  if (isV1 && bytes.length >= V1_SIGNATURE.length) return parseV1(bytes)
  if (isV2 && bytes.length >= V2_HEAD) return parseV2(bytes)
  return undefined
}

/** Whether the bytes, as far as they go, are those of the signature. */
function begins(bytes: Uint8Array, signature: Uint8Array): boolean {
  const length = Math.min(bytes.length, signature.length)
  for (let i = 0; i < length; i++) if (bytes[i] !== signature[i]) return false
  return true
}

function parseV1(bytes: Uint8Array): ProxyHeader | undefined {
  const text = decodeLatin1(bytes.subarray(0, V1_MOST))
  const end = text.indexOf('\n')
  if (end === -1) {
    if (bytes.length >= V1_MOST)
      throw new SyntaxError(`PROXY header: no end within ${V1_MOST} bytes`)
    return undefined
  }
  if (text[end - 1] !== '\r') throw new SyntaxError('PROXY header: the line does not end in CRLF')
  const consumed = end + 1
  const line = text.slice(0, end - 1)
  const frame = { version: 1, tlvs: [], consumed } as const
  // Whatever follows UNKNOWN is not looked at (§2.1).
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN '))
    return { ...frame, command: 'unknown' }
  const [, family, ...fields] = line.split(' ')
  const [from, to, fromPort, toPort, ...rest] = fields
  if ((family !== 'TCP4' && family !== 'TCP6') || toPort === undefined || rest.length > 0)
    throw new SyntaxError('PROXY header: the line is malformed')
  return {
    ...frame,
    command: 'proxied',
    transport: 'stream',
    source: endOfLine(family, from, fromPort),
    destination: endOfLine(family, to, toPort),
  }
}

function endOfLine(family: 'TCP4' | 'TCP6', address = '', port = ''): ProxyEnd {
  const isOfFamily = family === 'TCP4' ? isIPv4(address) : isIPv6(address.replace(/%[\w.-]+$/, ''))
  if (!isOfFamily) throw new SyntaxError(`PROXY header: an address is not of ${family}`)
  if (!/^(0|[1-9]\d{0,4})$/.test(port) || Number(port) > 65_535)
    throw new SyntaxError('PROXY header: a port is not 0 to 65535')
  return { hostname: address, port: Number(port) }
}

function parseV2(bytes: Uint8Array): ProxyHeader | undefined {
  const [, , , , , , , , , , , , versionAndCommand = 0, familyAndTransport = 0, high = 0, low = 0] =
    bytes
  if (versionAndCommand >> 4 !== 2) throw new SyntaxError('PROXY header: the version is not 2')
  const command = versionAndCommand & 15
  if (command > 1) throw new SyntaxError(`PROXY header: unknown command ${command}`)
  const consumed = V2_HEAD + high * 256 + low
  const family = familyAndTransport >> 4
  const transport = familyAndTransport & 15
  // §2.2: what is not specified may be taken as unspecified or refused. Refused: it says what nobody understands.
  const block = V2_ADDRESSES[family]
  if (block === undefined || transport > 2)
    throw new SyntaxError('PROXY header: unknown address family or transport')
  if (consumed - V2_HEAD < block && command === 1)
    throw new SyntaxError('PROXY header: shorter than its addresses')
  if (bytes.length < consumed) return undefined
  // A LOCAL header's addresses are to be skipped, however long they are.
  if (command === 0) return { version: 2, command: 'local', tlvs: [], consumed }
  const rest = bytes.subarray(V2_HEAD + block, consumed)
  const tlvs = parseTlvs(rest)
  checkChecksum(bytes.subarray(0, consumed), V2_HEAD + block, tlvs)
  const frame = { version: 2, tlvs, consumed } as const
  if (family === 0 || transport === 0) return { ...frame, command: 'unknown' }
  return {
    ...frame,
    command: 'proxied',
    transport: transport === 1 ? 'stream' : 'datagram',
    ...addressesOf(family, bytes.subarray(V2_HEAD, V2_HEAD + block)),
  }
}

function addressesOf(family: number, block: Uint8Array): Partial<ProxyHeader> {
  if (family === 3)
    return {
      sourcePath: pathOf(block.subarray(0, 108)),
      destinationPath: pathOf(block.subarray(108)),
    }
  const size = family === 1 ? 4 : 16
  const endAt = (address: number, port: number): ProxyEnd => ({
    hostname: inetNtop(family === 1 ? AF_INET : AF_INET6, block.subarray(address, address + size)),
    port: (block[port] as number) * 256 + (block[port + 1] as number),
  })
  return { source: endAt(0, 2 * size), destination: endAt(size, 2 * size + 2) }
}

function pathOf(field: Uint8Array): string {
  const end = field.indexOf(0, 1)
  return decodeLatin1(end === -1 ? field : field.subarray(0, end))
}

function parseTlvs(bytes: Uint8Array): [number, Bytes][] {
  const tlvs: [number, Bytes][] = []
  for (let at = 0; at < bytes.length; ) {
    const [type = 0, high = 0, low] = bytes.subarray(at, at + 3)
    const end = at + 3 + high * 256 + (low ?? 0)
    if (low === undefined || end > bytes.length)
      throw new SyntaxError('PROXY header: a field is longer than the header')
    tlvs.push([type, bytes.slice(at + 3, end)])
    at = end
  }
  return tlvs
}

/** §2.2.3: over the whole header, with the checksum itself as zeros. */
function checkChecksum(
  header: Uint8Array,
  from: number,
  tlvs: readonly (readonly [number, Bytes])[],
): void {
  let at = from
  for (const [type, value] of tlvs) {
    if (type === CRC32C) {
      const zeroed = header.slice()
      zeroed.fill(0, at + 3, at + 3 + value.length)
      const stated =
        value.length === 4 ? new DataView(value.buffer, value.byteOffset).getUint32(0) : -1
      if (crc32c(zeroed) !== stated) throw new SyntaxError('PROXY header: the checksum is wrong')
    }
    at += 3 + value.length
  }
}

/** RFC 3720 appendix B.4: Castagnoli's polynomial, reflected. Bit by bit: a header is short. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

/**
 * Writes a header.
 *
 * @param ends both ends of the client's connection, of one family; nothing for a connection of our own (v2 LOCAL,
 *   v1 UNKNOWN)
 * @param version 1 a line of text, 2 binary
 * @throws {RangeError} for a port outside 0 to 65535 {SyntaxError} for what is no address, or two families
 * @see haproxy, doc/proxy-protocol.txt §2
 */
export function formatProxyHeader(
  version: 1 | 2,
  ends?: { source: ProxyEnd; destination: ProxyEnd },
): Bytes {
  if (version !== 1 && version !== 2)
    throw new RangeError(`PROXY header: the version is 1 or 2, not ${quoted(version)}`)
  if (ends === undefined)
    return version === 1
      ? encodeLatin1('PROXY UNKNOWN\r\n')
      : concat([V2_SIGNATURE, Uint8Array.of(0x20, 0, 0, 0)])
  if (ends === null) throw new TypeError('PROXY header: ends must be a source and a destination')
  const { source, destination } = ends
  checkProxyEnd(source)
  checkProxyEnd(destination)
  const family = [source, destination].every(({ hostname }) => isIPv4(hostname)) ? 4 : 6
  const from = pack(family, source)
  const to = pack(family, destination)
  if (version === 2) {
    const block = concat([from.address, to.address, from.port, to.port])
    const head = Uint8Array.of(0x21, family === 4 ? 0x11 : 0x21, 0, block.length)
    return concat([V2_SIGNATURE, head, block])
  }
  const [a, b] = [from, to].map(({ address }) =>
    inetNtop(family === 4 ? AF_INET : AF_INET6, address),
  )
  return encodeLatin1(`PROXY TCP${family} ${a} ${b} ${source.port} ${destination.port}\r\n`)
}

/**
 * Checks an end of a connection, before there is one.
 *
 * @throws {TypeError | SyntaxError} no IP address {RangeError} a port outside 0 to 65535
 */
export function checkProxyEnd(end: ProxyEnd): void {
  const { hostname, port } = (end ?? {}) as Partial<ProxyEnd>
  if (typeof hostname !== 'string' || typeof port !== 'number')
    throw new TypeError('PROXY header: an end is a hostname and a port')
  if (!isIPv4(hostname) && !isIPv6(hostname.replace(ZONE, '')))
    throw new SyntaxError(`PROXY header: ${quoted(hostname)} is no IP address`)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`PROXY header: a port is 0 to 65535, not ${port}`)
}

/** The header has no room for one. */
const ZONE = /%[\x21-\x7e]{1,64}$/

function pack(family: 4 | 6, { hostname, port }: ProxyEnd): { address: Bytes; port: Bytes } {
  // One of the two is IPv6: the other goes as its mapped address (RFC 4291 §2.5.5.2).
  const text = family === 6 && isIPv4(hostname) ? `::ffff:${hostname}` : hostname.replace(ZONE, '')
  const address = inetPton(family === 4 ? AF_INET : AF_INET6, text)
  return { address, port: Uint8Array.of(port >> 8, port & 0xff) }
}
