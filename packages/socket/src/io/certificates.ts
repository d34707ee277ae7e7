/**
 * Certificates for programs: reading one, and those that the system trusts.
 */

import { kindOf } from '../core/bytes.ts'
import { type Certificate, readCertificate } from '../core/certificate.ts'
import { NetError } from '../core/errors.ts'
import { runtime } from './runtime.ts'
import { nodeTls } from './system.ts'
import { sha256 } from './tls-info.ts'

/**
 * Reads a certificate.
 *
 * @param source PEM text, or the bytes of PEM or DER; of several certificates the first is read
 * @returns who it is for, who vouches for it, how long, and its fingerprints. Nothing of it is verified
 * @throws {SyntaxError} for what is no certificate. {TypeError} for neither text nor bytes
 * @see RFC 5280
 * @example
 * import { rootCertificates } from 'node:tls'
 * console.log(parseCertificate(rootCertificates[0] ?? '').validTo)
 */
export function parseCertificate(source: string | Uint8Array): Certificate {
  if (typeof source !== 'string' && !(source instanceof Uint8Array))
    throw new TypeError(`parseCertificate takes PEM text or bytes, not ${kindOf(source)}`)
  return readCertificate(source, sha256)
}

/**
 * The certificates that the operating system trusts, as PEM: for `ca`, which replaces what the runtime trusts by itself.
 *
 * @throws {NetError} `ERR_UNSUPPORTED` where the runtime can not tell (Node before 22.15)
 * @see tls.getCACertificates of Node, which it asks
 */
export function systemCertificates(): readonly string[] {
  const tls = nodeTls() as { getCACertificates?: (which: 'system') => string[] }
  if (typeof tls.getCACertificates === 'function') return tls.getCACertificates('system')
  throw new NetError({
    verb: 'systemCertificates',
    target: '',
    phase: 'option',
    code: 'ERR_UNSUPPORTED',
    reason: `${runtime} does not tell what the system trusts; start it with --use-system-ca or give the file as ca`,
  })
}
