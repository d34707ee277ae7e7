// The pure doors as a browser gets them: each is bundled from the tarballs for no platform at all, and run where there
// is the language and what every browser has of text and URLs, and nothing else.
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'

/** @param folder where the packages are installed. @param doors specifiers. @returns a sentence for each that does not run */
export async function runAnywhere(folder, doors) {
  const problems = []
  for (const door of doors)
    try {
      const { outputFiles } = await build({
        stdin: { contents: `export * from '${door}'`, resolveDir: folder },
        bundle: true,
        write: false,
        format: 'iife',
        globalName: 'door',
        platform: 'browser',
        logLevel: 'silent',
      })
      const context = createContext({ TextEncoder, TextDecoder, URL, URLSearchParams })
      const names = runInContext(`${outputFiles[0].text}; Object.keys(door).length`, context)
      if (names === 0) problems.push(`${door} gives nothing`)
    } catch (error) {
      problems.push(`${door}: ${error.message}`)
    }
  return problems
}
