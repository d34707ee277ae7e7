/**
 * What is left of Python's module `ssl`: tables by name, what OpenSSL this is, random bytes, the certificate of a server.
 */
import { randomBytes } from 'node:crypto'
import { formatPem } from '../../core/pem.ts'
import { bind, type Call, kw } from './keywords.ts'
import { create_connection } from './socket-functions.ts'
import * as S from './ssl-constants.ts'
import { _create_unverified_context, create_default_context } from './ssl-context.ts'

type Names = Readonly<Record<string, number>>

/** Alerts by name. */
export const AlertDescription: Names = named('ALERT_DESCRIPTION_')
/** Options of a context by name. */
export const Options: Names = named('OP_')
/** Numbers of SSLError by name. */
export const SSLErrorNumber: Names = named('SSL_ERROR_')
/** Flags of a check by name. */
export const VerifyFlags: Names = named('VERIFY_')
/** How much a peer has to prove, by name. */
export const VerifyMode: Names = named('CERT_')
/** Kinds of binding to a channel: none is offered. */
export const CHANNEL_BINDING_TYPES: readonly string[] = []

/** The version of OpenSSL in this runtime, or of what stands in its place. */
export const OPENSSL_VERSION: string = `OpenSSL ${process.versions['openssl'] ?? 'unknown'}`
/** Its parts: major, minor, fix, patch, status. */
export const OPENSSL_VERSION_INFO: readonly number[] = versionInfo()
/** The same as one number. */
export const OPENSSL_VERSION_NUMBER: number = versionNumber()

/** Where certificates are looked for: what the environment says, since the runtime has its own. */
export class DefaultVerifyPaths {
  /** The file of SSL_CERT_FILE, or null. */
  readonly cafile: string | null = process.env['SSL_CERT_FILE'] ?? null
  /** The folder of SSL_CERT_DIR, or null. */
  readonly capath: string | null = process.env['SSL_CERT_DIR'] ?? null
  /** The variable that names the file. */
  readonly openssl_cafile_env = 'SSL_CERT_FILE'
  /** OpenSSL's own; unknown here. */
  readonly openssl_cafile = ''
  /** The variable that names the folder. */
  readonly openssl_capath_env = 'SSL_CERT_DIR'
  /** OpenSSL's own; unknown here. */
  readonly openssl_capath = ''
}

/** Where certificates are looked for. */
export function get_default_verify_paths(): DefaultVerifyPaths {
  return new DefaultVerifyPaths()
}

/** The name of a PROTOCOL_… number. */
export function get_protocol_name(protocol_code: number): string {
  const found = Object.entries(named('PROTOCOL_')).find(([, number]) => number === protocol_code)
  return found?.[0] ?? '<unknown>'
}

/** The certificate that a server shows, as PEM; checked only with `ca_certs`, a file. */
export async function get_server_certificate(
  ...args: Call<
    [
      addr: readonly [host: string, port: number],
      ssl_version?: number,
      ca_certs?: string | null,
      timeout?: number | null,
    ]
  >
): Promise<string> {
  const parameters = ['addr', 'ssl_version?', 'ca_certs?', 'timeout?']
  const given = bind('get_server_certificate', parameters, args)
  const address = given['addr'] as [string, number]
  const file = given['ca_certs'] ?? null
  const context =
    file === null ? _create_unverified_context() : create_default_context(kw({ cafile: file }))
  const plain = await ('timeout' in given
    ? create_connection(address, given['timeout'] as number | null)
    : create_connection(address))
  const secure = await context.wrap_socket(plain, kw({ server_hostname: address[0] }))
  try {
    return formatPem('CERTIFICATE', secure.getpeercert(true) as Uint8Array)
  } finally {
    secure.close()
  }
}

/** Random bytes, good enough for keys. */
export function RAND_bytes(n: number): Uint8Array {
  return Uint8Array.from(randomBytes(n))
}

/** The same, and whether they are good enough for keys: always. Gone from Python since 3.12. */
export function RAND_pseudo_bytes(n: number): [Uint8Array, boolean] {
  return [RAND_bytes(n), true]
}

/** Whether there is enough randomness: always. */
export function RAND_status(): boolean {
  return true
}

/** Does nothing: the runtime looks after its own randomness. */
export function RAND_add(_string: Uint8Array, _entropy: number): null {
  return null
}

function named(prefix: string): Names {
  const all = Object.entries(S as Readonly<Record<string, unknown>>)
  const isOurs = (entry: [string, unknown]): entry is [string, number] =>
    entry[0].startsWith(prefix) && typeof entry[1] === 'number'
  return Object.freeze(Object.fromEntries(all.filter(isOurs)))
}

function versionInfo(): readonly number[] {
  const [major = 0, minor = 0, patch = 0] = OPENSSL_VERSION.match(/\d+/g)?.map(Number) ?? []
  return [major, minor, 0, patch, 0]
}

/** OpenSSL 3: 0xMNN00PP0. */
function versionNumber(): number {
  const [major = 0, minor = 0, , patch = 0] = OPENSSL_VERSION_INFO
  return major * 0x10000000 + minor * 0x100000 + patch * 0x10
}
