/**
 * `@sluice/url/download`: a URL into a file, in whole or not at all, and from where the last try ended.
 */
export { HttpStatusError } from './core/errors.ts'
export type { Progress } from './core/meter.ts'
export { type Download, download } from './io/download.ts'
export type { DownloadOptions } from './io/download-options.ts'
