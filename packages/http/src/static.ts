/** `@sluice/http/static`: a handler that serves a folder, and the small tables that belong to it. */
export { isCompressible, mimeType } from './core/mime-types.ts'
export { type StaticOptions, staticFiles } from './io/static-files.ts'
