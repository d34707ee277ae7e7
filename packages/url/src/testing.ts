/**
 * `@sluice/url/testing`: an FTP server for tests.
 */
export { type FtpServerOptions, type FtpTestServer, ftpServer } from './io/testing/ftp-server.ts'
