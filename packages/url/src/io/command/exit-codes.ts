/** The exit status for each kind of failure: curl's numbers (curl(1), EXIT CODES), since scripts know them. */
import { isNetError, isProxyError } from '@sluice/socket/errors'
import { isFetchError } from '../../core/errors.ts'
import { type FtpError, isFtpError } from '../../core/ftp-errors.ts'
import { UsageError } from './stage.ts'

const BY_CODE: Readonly<Record<string, number>> = {
  ERR_INVALID_URL: 3,
  ERR_UNSUPPORTED: 1,
  ERR_STATUS: 22,
  ERR_TIMEOUT: 28,
  ERR_REDIRECT: 47,
  ERR_INCOMPLETE_BODY: 18,
  ERR_PROTOCOL: 8,
  ERR_TOO_LONG: 63,
  ERR_BODY_SENT: 65,
  ERR_UNEXPECTED_END: 52,
}
const BY_PHASE: Readonly<Record<string, number>> = {
  lookup: 6,
  connect: 7,
  write: 23,
  read: 26,
  send: 55,
}

/** Codes of X.509 verification: the peer is not who it has to be. */
const CERTIFICATE = /CERT|ISSUER|SELF_SIGNED|ALTNAME|HOSTNAME|PIN/

/**
 * The status for an error.
 *
 * @param error whatever was thrown
 */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2
  if (isFtpError(error)) return exitOfFtp(error)
  if (isFetchError(error) || isNetError(error)) {
    const { code, phase } = error
    if (code.startsWith('ERR_TLS')) return CERTIFICATE.test(code) ? 60 : 35
    if (/^[A-Z_]*(?:CERT|SELF_SIGNED)/.test(code)) return 60
    if (code === 'ERR_INVALID_URL' && phase === 'proxy') return 5
    if (phase === 'proxy' && code !== 'ERR_TIMEOUT') return exitOfProxy(error)
    // A file: URL, or the place of a download.
    if (phase === 'open') return BY_CODE[code] ?? (error.message.startsWith('write') ? 23 : 37)
    return BY_CODE[code] ?? BY_PHASE[phase] ?? (phase === 'checksum' ? 1 : 56)
  }
  if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)
    return 2
  return 1
}

/** Who is not let in, a folder that is not there, a file that is not taken, one that is not there. */
function exitOfFtp({ method, reply }: FtpError): number {
  if (reply.code === 530) return 67
  if (/^(?:STOR|APPE|STOU)$/.test(method)) return 25
  if (reply.code !== 550) return 8
  return /^(?:CWD|MLSD|LIST|NLST)$/.test(method) ? 9 : 78
}

/** curl tells apart a proxy that has no address, one that is not there, one that speaks SOCKS and refuses, and one of HTTP. */
function exitOfProxy(error: Error): number {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (!isProxyError(at)) continue
    const phase = isNetError(at.cause) ? at.cause.phase : undefined
    if (phase === 'lookup') return 5
    if (phase === 'connect') return 7
    return at.proxy.startsWith('socks') ? 97 : 56
  }
  return 97
}
