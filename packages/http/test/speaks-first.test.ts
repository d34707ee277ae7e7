/** A server of another kind speaks before it is asked. The first request of a process hears it as any later one does. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('programs/speaks-first.ts', import.meta.url))

// A process of its own, from the sources: what is loaded when it is first asked for has been loaded in this one.
test.skipIf(process.env['TEST_RUNTIME'] !== undefined).each(['request', 'Pool'])(
  'by %s, and says what it is',
  async (way) => {
    const args = ['--conditions=@sluice/source', '--import', 'tsx', program, way]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(stdout).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/: the version is not HTTP\/1\.x \(RFC 9112 §2\.3\) \(ERR_PROTOCOL, phase headers\)\n$/,
    )
  },
)
