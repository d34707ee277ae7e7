/**
 * `@sluice/url/python`: the url layer under Python's names. `urllib.parse` is Python's module; `kw` makes
 * keyword arguments.
 */
export { kw } from './io/python/keywords.ts'
export * as urllib from './io/python/urllib.ts'
