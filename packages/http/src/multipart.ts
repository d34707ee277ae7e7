/**
 * `@sluice/http/multipart`: forms with files, part by part as they arrive; and the machine behind it, which loads in any
 * JavaScript runtime.
 */
export { safeFilename } from './core/fields/content-disposition.ts'
export {
  type MultipartEvent,
  MultipartMachine,
  type MultipartOptions,
  type PartHead,
} from './core/multipart.ts'
export type { MultipartLimits } from './core/multipart-limits.ts'
export {
  type MultipartMessage,
  Part,
  type ReadMultipartOptions,
  readMultipart,
} from './io/multipart.ts'
