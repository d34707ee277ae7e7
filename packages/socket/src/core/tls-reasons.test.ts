import { describe, expect, test } from 'vitest'
import { TLS_REASONS, tlsCode, tlsReason } from './tls-reasons.ts'

describe('tlsCode: what each runtime and version calls a failure', () => {
  test.each([
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'CERT_HAS_EXPIRED'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number', 'ERR_TLS_NOT_TLS'],
    ['ERR_SSL_HTTP_REQUEST', 'http request', 'ERR_TLS_NOT_TLS'],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', '', 'ERR_TLS_NOT_TLS'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', '', 'ERR_TLS_ALERT_UNKNOWN_CA'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', '', 'ERR_TLS_ALERT_HANDSHAKE_FAILURE'],
    ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', '', 'ERR_TLS_ALERT_HANDSHAKE_FAILURE'],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', '', 'ERR_TLS_ALERT_CERTIFICATE_UNKNOWN'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', '', 'ERR_TLS_ALERT_CERTIFICATE_REQUIRED'],
    ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', '', 'ERR_TLS_ALERT_UNRECOGNIZED_NAME'],
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', '', 'ERR_TLS_ALERT_NO_APPLICATION_PROTOCOL'],
    ['ERR_SSL_NO_APPLICATION_PROTOCOL', '', 'ERR_TLS_NO_SHARED_PROTOCOL'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', '', 'ERR_TLS_NO_SHARED_VERSION'],
    ['ERR_SSL_NO_SHARED_CIPHER', '', 'ERR_TLS_NO_SHARED_CIPHER'],
    ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', '', 'ERR_TLS_NO_CERTIFICATE'],
    ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', '', 'ERR_TLS_KEY_MISMATCH'],
    ['ERR_OSSL_PEM_NO_START_LINE', '', 'ERR_TLS_NO_PEM'],
    ['ERR_OSSL_BAD_DECRYPT', '', 'ERR_TLS_PASSPHRASE'],
    [undefined, 'error:0A000418:SSL routines::tlsv1 alert unknown ca', 'ERR_TLS_ALERT_UNKNOWN_CA'],
    ['ERR_SSL_SOMETHING_NEW', '', 'ERR_TLS'],
    [undefined, 'no idea', 'ERR_TLS'],
    // What is not TLS's stays what it is.
    ['ECONNRESET', 'read ECONNRESET', 'ECONNRESET'],
    ['EMFILE', '', 'EMFILE'],
  ])('%s %s', (code, message, ours) => {
    expect(tlsCode(code, message)).toBe(ours)
  })
})

describe('tlsReason', () => {
  test('knows its codes, and no others', () => {
    for (const code of Object.keys(TLS_REASONS)) {
      const reason = tlsReason(code) as string
      expect(reason).toMatch(/^[a-z].*[^.]$/)
      expect(reason).not.toMatch(/[{}]/)
    }
    expect(tlsReason('ECONNRESET')).toBeUndefined()
    expect(tlsReason('toString')).toBeUndefined()
  })

  test('puts the host in', () => {
    expect(tlsReason('ERR_TLS_ALERT_UNRECOGNIZED_NAME', { host: 'a.test' })).toBe(
      'the peer does not serve a.test',
    )
  })
})
