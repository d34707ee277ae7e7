/** Which runtime runs the tests: some compare with its own parsers, or start it with its own flags. */
export const isNode: boolean = !('bun' in process.versions || 'deno' in process.versions)
