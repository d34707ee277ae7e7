/**
 * The exit status of the command for each kind of failure: curl's numbers (curl(1), EXIT CODES), since scripts know
 * them.
 */
import { codeOf, isNetError, isProxyError, isTimeoutError, isTlsError } from './errors.ts'

/** What the numbers mean. */
export const EXIT = {
  ok: 0,
  usage: 2,
  badTarget: 3,
  proxyNotFound: 5,
  hostNotFound: 6,
  connect: 7,
  write: 23,
  file: 26,
  timeout: 28,
  tls: 35,
  bind: 45,
  send: 55,
  receive: 56,
  ownCertificate: 58,
  certificate: 60,
  proxy: 97,
  interrupted: 130,
} as const

/**
 * The peer is not who it has to be: a code of X.509 verification, which begins neither like one of ours nor like the
 * system's (`ECONNRESET`), or one of our own checks. What the peer says of us, an alert, is none of these.
 */
const CERTIFICATE = /^(?!ERR_|E[A-Z]+$)|^ERR_TLS_(CERT_ALTNAME_INVALID|NO_CERTIFICATE|PIN)$/
/** Our own certificate or key is none. */
const OWN = /^ERR_TLS_(NO_PEM|KEY_MISMATCH|PASSPHRASE)$/

/**
 * The status for an error.
 *
 * @param error whatever was thrown
 */
export function exitCodeOf(error: unknown): number {
  if (isTimeoutError(error)) return EXIT.timeout
  if (isProxyError(error)) return proxyExit(error.code)
  if (isTlsError(error)) return tlsExit(error.code)
  if (isNetError(error)) return netExit(error.phase)
  if (error instanceof SyntaxError) return EXIT.badTarget
  if (error instanceof TypeError || error instanceof RangeError) return EXIT.usage
  return codeOf(error) === undefined ? 1 : EXIT.file
}

function tlsExit(code: string): number {
  if (OWN.test(code)) return EXIT.ownCertificate
  return CERTIFICATE.test(code) ? EXIT.certificate : EXIT.tls
}

function proxyExit(code: string): number {
  if (code === 'ERR_TIMEOUT') return EXIT.timeout
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? EXIT.proxyNotFound : EXIT.proxy
}

function netExit(phase: string): number {
  if (phase === 'lookup') return EXIT.hostNotFound
  if (phase === 'bind' || phase === 'listen') return EXIT.bind
  if (phase === 'send') return EXIT.send
  return phase === 'connect' ? EXIT.connect : EXIT.receive
}
