/**
 * `@sluice/url/ftp`: files of FTP servers, in the clear or in TLS, passive or active.
 *
 * `fetch('ftp://…')` needs nothing of this door. It is for whatever a fetch has no words for: listings, renames, folders,
 * and many files over one login.
 */
export { FtpError, isFtpError } from './core/ftp-errors.ts'
export { parseFacts } from './core/ftp-facts.ts'
export {
  type FtpDialect,
  type FtpEntry,
  type FtpEntryType,
  parseListLine,
} from './core/ftp-list.ts'
export { isSafeName } from './core/ftp-path.ts'
export type { FtpReply } from './core/ftp-reply.ts'
export { FtpClient, type FtpListing, openFtp } from './io/ftp-client.ts'
export { FtpDownload } from './io/ftp-download.ts'
export type {
  FtpCallOptions,
  FtpOptions,
  FtpTransferOptions,
  FtpWriteOptions,
} from './io/ftp-options.ts'
