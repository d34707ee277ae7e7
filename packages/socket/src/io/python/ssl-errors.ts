/**
 * The exceptions of Python's module `ssl`, and which of them a failure of TLS becomes.
 */
import type { TlsError } from '../../core/errors.ts'
import { OSError } from './errors.ts'

/** An error of the ssl module. */
export class SSLError extends OSError {
  /** What went wrong, as a word: Python has OpenSSL's here, we have our code. */
  reason: string | null = null
  /** Where: always `SSL` here. */
  library: string | null = null
}
/** A certificate is not for this host, or failed its check; in Python also a `ValueError`. */
export class SSLCertVerificationError extends SSLError {
  /** Why, as a code. */
  verify_code: string | null = null
  /** Why, in words. */
  verify_message = ''
}
/** The stream ended in the middle of TLS. */
export class SSLEOFError extends SSLError {}
/** The peer has finished TLS in good order, and nothing more can be read. */
export class SSLZeroReturnError extends SSLError {}
/** Data has to come before this can go on; nothing here raises it, since everything waits. */
export class SSLWantReadError extends SSLError {}
/** Data has to leave before this can go on; nothing here raises it, since everything waits. */
export class SSLWantWriteError extends SSLError {}
/** The system failed below TLS. */
export class SSLSyscallError extends SSLError {}

/** Of a failed handshake, what Python calls SSL_ERROR_SSL. */
const SSL_ERROR_SSL = 1
/** Codes of OpenSSL's verification have no common beginning; those of a handshake do. */
const NOT_A_CERTIFICATE = /^ERR_TLS(?!_CERT_|_PIN$|_NO_CERTIFICATE$)|^E[A-Z]+$/

/** A failure of TLS, as Python raises it. */
export function sslErrorOf(error: TlsError): SSLError {
  const { code, reason } = error
  const isCertificate = !NOT_A_CERTIFICATE.test(code)
  const words = code.replace(/^ERR_(TLS_)?/, '')
  const text = `[SSL: ${isCertificate ? 'CERTIFICATE_VERIFY_FAILED' : words}] ${reason}`
  const made = isCertificate
    ? Object.assign(new SSLCertVerificationError(SSL_ERROR_SSL, text), {
        verify_code: code,
        verify_message: reason,
      })
    : new SSLError(SSL_ERROR_SSL, text)
  made.reason = isCertificate ? 'CERTIFICATE_VERIFY_FAILED' : words
  made.library = 'SSL'
  // Python shows the text without a number, as OpenSSL's numbers are no errno.
  made.message = text
  return Object.assign(made, { cause: error })
}
