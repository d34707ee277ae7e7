/**
 * `@sluice/http/multipart`: forms with files, part by part as they arrive; the machine behind it; and what
 * stands around a part, for who writes a form.
 */
export { safeFilename } from './core/fields/content-disposition.ts'
export { formatPartHead } from './core/form-name.ts'
export {
  type MultipartEvent,
  MultipartMachine,
  type MultipartOptions,
  type PartHead,
} from './core/multipart.ts'
export type { MultipartLimits } from './core/multipart-limits.ts'
export { randomBoundary } from './io/form-content.ts'
export {
  type MultipartMessage,
  Part,
  type ReadMultipartOptions,
  readMultipart,
} from './io/multipart.ts'
