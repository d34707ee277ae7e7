/** Where the servers of the tests are, and certificates for them. */
export { makeAuthority, makeCertificate } from '../src/io/testing/certificates.ts'

export const LOCAL_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1']
