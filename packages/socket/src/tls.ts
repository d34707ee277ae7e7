/**
 * `@sluice/socket/tls`: TLS on a connection that stands, certificates, and contexts that are parsed once.
 *
 * `connect(target, { tls })` and `listen(target, { tls })` need nothing of this door. It is for STARTTLS, for servers
 * that exchange their certificate while they run, and for looking into certificates.
 */
export type { Certificate, CertificateNames } from './core/certificate.ts'
export { isTlsError, TlsError } from './core/errors.ts'
export { checkServerName } from './core/tls-names.ts'
export type { CertificateSource, TlsContextOptions, TlsVersion } from './core/tls-options.ts'
export { TLS_REASONS } from './core/tls-reasons.ts'
export { parseCertificate, systemCertificates } from './io/certificates.ts'
export { type StartTlsOptions, startTls } from './io/tls.ts'
export {
  openTlsContext,
  type TlsClientOptions,
  type TlsContext,
  type TlsServerOptions,
} from './io/tls-context.ts'
export type { TlsInfo } from './io/tls-info.ts'
