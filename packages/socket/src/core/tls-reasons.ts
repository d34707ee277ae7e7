/**
 * Why TLS said no, in plain words: a table from code to sentence, as `error-codes.ts` is for the rest.
 *
 * Codes of a failed check are those of X.509 verification, which OpenSSL, Node and everyone's search results
 * share (`CERT_HAS_EXPIRED`). Codes of a failed handshake are ours (`ERR_TLS_…`), since the runtimes' own change with
 * the version of OpenSSL below: the alert that is `ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE` on one is
 * `ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE` on the next. The runtime's own error is in `cause`.
 *
 * A word in braces is replaced by what the certificate says. Source: openssl-verification-options(1), RFC 8446 §6.
 */
import { type Certificate, shortName } from './certificate.ts'
import { printable } from './quote.ts'
import { listed } from './tls-names.ts'

/** The reason for each code of TLS. */
export const TLS_REASONS = {
  // The check of a certificate.
  CERT_HAS_EXPIRED: 'the certificate expired on {to}',
  CERT_NOT_YET_VALID: 'the certificate is not valid before {from}',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for {names}, not for {host}',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the certificate of '{subject}' is signed by itself and is not trusted here",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the certificate's issuer '{issuer}' leads to a root that is not trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate's issuer '{issuer}' is not known here",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate's issuer '{issuer}' is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate's issuer '{issuer}' is not known here",
  CERT_SIGNATURE_FAILURE: "the certificate was not signed by '{issuer}'",
  CERT_REVOKED: 'the certificate has been revoked',
  CERT_CHAIN_TOO_LONG: 'the chain of certificates is too long',
  PATH_LENGTH_EXCEEDED: 'the chain of certificates is longer than one of them allows',
  INVALID_CA: 'a certificate in the chain may not vouch for others',
  INVALID_PURPOSE: 'the certificate is not meant for this purpose',
  CERT_UNTRUSTED: 'the certificate is not trusted for this purpose',
  CERT_REJECTED: 'the certificate is marked as rejected here',
  ERR_TLS_PIN: 'no key of the certificates is among the pinned ones',
  ERR_TLS_NO_CERTIFICATE: 'the peer showed no certificate',
  // The handshake.
  ERR_TLS: 'the handshake failed',
  ERR_TLS_NOT_TLS: 'the peer does not speak TLS',
  ERR_TLS_NO_SHARED_VERSION: 'the peer speaks no version of TLS that is allowed here',
  ERR_TLS_NO_SHARED_CIPHER: 'both ends have no cipher in common',
  ERR_TLS_NO_SHARED_PROTOCOL: 'both ends have no application protocol in common',
  ERR_TLS_UNKNOWN_NAME: 'there is no certificate here for {host}',
  ERR_TLS_CALLBACK: 'a function of the tls options threw',
  // What the peer said of us, by the name of its alert.
  ERR_TLS_ALERT_HANDSHAKE_FAILURE: 'the peer accepts no cipher, group or certificate that we have',
  ERR_TLS_ALERT_PROTOCOL_VERSION: 'the peer accepts no version of TLS that is allowed here',
  ERR_TLS_ALERT_INSUFFICIENT_SECURITY: 'the peer wants stronger ciphers than we have',
  ERR_TLS_ALERT_NO_APPLICATION_PROTOCOL: 'the peer speaks none of our application protocols',
  ERR_TLS_ALERT_UNRECOGNIZED_NAME: 'the peer does not serve {host}',
  ERR_TLS_ALERT_CERTIFICATE_REQUIRED: 'the peer wants a certificate of us',
  ERR_TLS_ALERT_BAD_CERTIFICATE: 'the peer refuses our certificate',
  ERR_TLS_ALERT_UNSUPPORTED_CERTIFICATE: 'the peer can not use our kind of certificate',
  ERR_TLS_ALERT_CERTIFICATE_EXPIRED: 'the peer finds our certificate expired',
  ERR_TLS_ALERT_CERTIFICATE_REVOKED: 'the peer finds our certificate revoked',
  ERR_TLS_ALERT_CERTIFICATE_UNKNOWN: 'the peer does not accept our certificate',
  ERR_TLS_ALERT_UNKNOWN_CA: 'the peer does not know the issuer of our certificate',
  ERR_TLS_ALERT_ACCESS_DENIED: 'the peer denies access to the holder of our certificate',
  ERR_TLS_ALERT_DECRYPT_ERROR: 'the peer could not verify what we signed',
  ERR_TLS_ALERT_INTERNAL_ERROR: 'the peer failed for reasons of its own',
  // Our own certificate, key or settings.
  ERR_TLS_NO_PEM: 'a certificate or key is neither PEM nor DER',
  ERR_TLS_KEY_MISMATCH: 'the key does not belong to the certificate',
  ERR_TLS_PASSPHRASE: 'the passphrase does not open the key',
  ERR_TLS_CIPHERS: 'no cipher of the list exists here',
  ERR_TLS_WEAK_KEY: 'a key or a hash is too weak for this runtime',
} as const

/** What a sentence can name. */
export interface TlsFacts {
  certificate?: Certificate | undefined
  host?: string | undefined
  /** Milliseconds since 1970: tells whether it is this certificate that expired, or one above it. */
  now?: number | undefined
}

/** @returns the reason for a code, with the names and dates of the certificate in it; `undefined` for no code of ours */
export function tlsReason(
  code: string,
  { certificate, host, now = 0 }: TlsFacts = {},
): string | undefined {
  if (!Object.hasOwn(TLS_REASONS, code)) return undefined
  const reason: string = TLS_REASONS[code as keyof typeof TLS_REASONS]
  if (code === 'CERT_HAS_EXPIRED' && !(certificate && certificate.validTo.getTime() < now))
    return 'a certificate of the chain has expired'
  if (code === 'CERT_NOT_YET_VALID' && !(certificate && certificate.validFrom.getTime() > now))
    return 'a certificate of the chain is not valid yet'
  const words: Record<string, string> = {
    to: day(certificate?.validTo),
    from: day(certificate?.validFrom),
    subject: printable(shortName(certificate?.subject ?? {})),
    issuer: printable(shortName(certificate?.issuer ?? {})),
    names: listed([...(certificate?.names.dns ?? []), ...(certificate?.names.ip ?? [])]),
    host: host === undefined ? 'this host' : printable(host),
  }
  return reason.replace(/\{(\w+)\}/g, (_, word: string) => words[word] ?? '')
}

/**
 * Names a failure of the runtime's TLS.
 *
 * @param code what the runtime calls it, if anything
 * @param message its text; some runtimes have no more
 */
export function tlsCode(code: string | undefined, message: string): string {
  if (code !== undefined && Object.hasOwn(TLS_REASONS, code)) return code
  // `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`, or `error:0A000418:SSL routines::tlsv1 alert unknown ca`.
  const words = `${code ?? ''} ${message}`.replace(/[^A-Za-z0-9/]+/g, '_').toUpperCase()
  const alert = /(?:SSLV3|TLSV1|TLSV13|TLSV1_3|SSL\/TLS)_(?:ALERT_)?([A-Z_]+)/.exec(words)?.[1]
  if (alert !== undefined)
    for (const known of Object.keys(TLS_REASONS))
      if (known.startsWith('ERR_TLS_ALERT_') && alert.startsWith(known.slice(14))) return known
  for (const [pattern, known] of PHRASES) if (pattern.test(words)) return known
  return code !== undefined && !/^ERR_(SSL|OSSL)/.test(code) ? code : 'ERR_TLS'
}

/** Phrases of OpenSSL and BoringSSL, from particular to general. */
const PHRASES: readonly (readonly [RegExp, keyof typeof TLS_REASONS])[] = [
  [
    /WRONG_VERSION_NUMBER|HTTP(S_PROXY)?_REQUEST|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE/,
    'ERR_TLS_NOT_TLS',
  ],
  [
    /UNKNOWN_PROTOCOL|BAD_PROTOCOL_VERSION_NUMBER|INVALID_?_?CONTENT_?TYPE|RECORD_TOO_SMALL/,
    'ERR_TLS_NOT_TLS',
  ],
  [
    /UNSUPPORTED_PROTOCOL|WRONG_SSL_VERSION|VERSION_TOO_LOW|NO_PROTOCOLS_AVAILABLE/,
    'ERR_TLS_NO_SHARED_VERSION',
  ],
  [/NO_SHARED_(CIPHER|GROUP)|NO_SUITABLE_SIGNATURE/, 'ERR_TLS_NO_SHARED_CIPHER'],
  [/NO_APPLICATION_PROTOCOL/, 'ERR_TLS_NO_SHARED_PROTOCOL'],
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, 'ERR_TLS_NO_CERTIFICATE'],
  [/KEY_VALUES_MISMATCH|KEY_TYPE_MISMATCH/, 'ERR_TLS_KEY_MISMATCH'],
  [
    /NO_START_LINE|BAD_BASE64_DECODE|BAD_END_LINE|PEM_LIB|UNABLE_TO_PARSE|DECODER_ROUTINES_UNSUPPORTED/,
    'ERR_TLS_NO_PEM',
  ],
  [/BAD_DECRYPT|BAD_PASSWORD_READ|PASSPHRASE|INTERRUPTED_OR_CANCELLED/, 'ERR_TLS_PASSPHRASE'],
  [/NO_CIPHER_MATCH|INVALID_COMMAND/, 'ERR_TLS_CIPHERS'],
  [/KEY_TOO_SMALL|MD_TOO_WEAK/, 'ERR_TLS_WEAK_KEY'],
]

function day(date: Date | undefined): string {
  return date === undefined || Number.isNaN(date.getTime())
    ? 'an unknown day'
    : date.toISOString().slice(0, 10)
}
