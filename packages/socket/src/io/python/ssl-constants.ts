/**
 * The numbers of Python's module `ssl`: RFC 8446 §6 for alerts, OpenSSL's for the rest. Options that concern versions
 * before TLS 1.2, compression or renegotiation mean nothing here, since there is none of it; programs that set them get what
 * they ask for.
 */
export { SO_TYPE, SOCK_STREAM, SOL_SOCKET } from '../../core/constants.ts'

export const ALERT_DESCRIPTION_ACCESS_DENIED = 49
export const ALERT_DESCRIPTION_BAD_CERTIFICATE = 42
export const ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE = 114
export const ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE = 113
export const ALERT_DESCRIPTION_BAD_RECORD_MAC = 20
export const ALERT_DESCRIPTION_CERTIFICATE_EXPIRED = 45
export const ALERT_DESCRIPTION_CERTIFICATE_REVOKED = 44
export const ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN = 46
export const ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE = 111
export const ALERT_DESCRIPTION_CLOSE_NOTIFY = 0
export const ALERT_DESCRIPTION_DECODE_ERROR = 50
export const ALERT_DESCRIPTION_DECOMPRESSION_FAILURE = 30
export const ALERT_DESCRIPTION_DECRYPT_ERROR = 51
export const ALERT_DESCRIPTION_HANDSHAKE_FAILURE = 40
export const ALERT_DESCRIPTION_ILLEGAL_PARAMETER = 47
export const ALERT_DESCRIPTION_INSUFFICIENT_SECURITY = 71
export const ALERT_DESCRIPTION_INTERNAL_ERROR = 80
export const ALERT_DESCRIPTION_NO_RENEGOTIATION = 100
export const ALERT_DESCRIPTION_PROTOCOL_VERSION = 70
export const ALERT_DESCRIPTION_RECORD_OVERFLOW = 22
export const ALERT_DESCRIPTION_UNEXPECTED_MESSAGE = 10
export const ALERT_DESCRIPTION_UNKNOWN_CA = 48
export const ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY = 115
export const ALERT_DESCRIPTION_UNRECOGNIZED_NAME = 112
export const ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE = 43
export const ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION = 110
export const ALERT_DESCRIPTION_USER_CANCELLED = 90

export const CERT_NONE = 0
export const CERT_OPTIONAL = 1
export const CERT_REQUIRED = 2

export const OP_ALL = 2147483728
export const OP_CIPHER_SERVER_PREFERENCE = 4194304
export const OP_ENABLE_MIDDLEBOX_COMPAT = 1048576
export const OP_IGNORE_UNEXPECTED_EOF = 128
export const OP_NO_COMPRESSION = 131072
export const OP_NO_RENEGOTIATION = 1073741824
export const OP_NO_SSLv2 = 0
export const OP_NO_SSLv3 = 33554432
export const OP_NO_TICKET = 16384
export const OP_NO_TLSv1 = 67108864
export const OP_NO_TLSv1_1 = 268435456
export const OP_NO_TLSv1_2 = 134217728
export const OP_NO_TLSv1_3 = 536870912
export const OP_SINGLE_DH_USE = 0
export const OP_SINGLE_ECDH_USE = 0

export const PROTOCOL_SSLv23 = 2
export const PROTOCOL_TLS = 2
export const PROTOCOL_TLS_CLIENT = 16
export const PROTOCOL_TLS_SERVER = 17
export const PROTOCOL_TLSv1 = 3
export const PROTOCOL_TLSv1_1 = 4
export const PROTOCOL_TLSv1_2 = 5

export const SSL_ERROR_EOF = 8
export const SSL_ERROR_INVALID_ERROR_CODE = 10
export const SSL_ERROR_SSL = 1
export const SSL_ERROR_SYSCALL = 5
export const SSL_ERROR_WANT_CONNECT = 7
export const SSL_ERROR_WANT_READ = 2
export const SSL_ERROR_WANT_WRITE = 3
export const SSL_ERROR_WANT_X509_LOOKUP = 4
export const SSL_ERROR_ZERO_RETURN = 6

export const VERIFY_ALLOW_PROXY_CERTS = 64
export const VERIFY_CRL_CHECK_CHAIN = 12
export const VERIFY_CRL_CHECK_LEAF = 4
export const VERIFY_DEFAULT = 0
export const VERIFY_X509_PARTIAL_CHAIN = 524288
export const VERIFY_X509_STRICT = 32
export const VERIFY_X509_TRUSTED_FIRST = 32768

/** Whether ALPN can be spoken. */
export const HAS_ALPN = true
/** Whether there are elliptic curves. */
export const HAS_ECDH = true
/** Whether a common name can be ignored: it always is. */
export const HAS_NEVER_CHECK_COMMON_NAME = true
/** Whether there is NPN, which ALPN has replaced. */
export const HAS_NPN = false
/** Whether a client can say which name it asks for. */
export const HAS_SNI = true
/** Whether there is SSL 2. */
export const HAS_SSLv2 = false
/** Whether there is SSL 3. */
export const HAS_SSLv3 = false
/** Whether there is TLS 1.0: not here, see RFC 8996. */
export const HAS_TLSv1 = false
/** Whether there is TLS 1.1: not here, see RFC 8996. */
export const HAS_TLSv1_1 = false
/** Whether there is TLS 1.2. */
export const HAS_TLSv1_2 = true
/** Whether there is TLS 1.3. */
export const HAS_TLSv1_3 = true
/** What a certificate in PEM begins with. */
export const PEM_HEADER = '-----BEGIN CERTIFICATE-----'
/** What a certificate in PEM ends with. */
export const PEM_FOOTER = '-----END CERTIFICATE-----'
