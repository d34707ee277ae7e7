// What both versions of this lesson go through: two files from servers at the end of a slow line, and the manager is killed
// once in the middle of each.
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serve } from '@sluice/http'
import { staticFiles } from '@sluice/http/static'
import { ftpServer } from '@sluice/url/testing'
import { startSource } from '../../lib/children.ts'
import { withFolder } from '../../lib/temporary.ts'

/** The first one comes over HTTP, the second one over FTP. */
const NAMES = ['map.bin', 'tape.bin'] as const
const SIZE = 3_145_728
/** It is killed once so much of a file is here. */
const CUT_AT = 1_000_000

/** Runs a manager in a process of its own, kills it once in the middle of each file, and starts it again until it is done. */
export async function throughKills(
  manager: (urls: string[], folder: string) => Promise<void>,
): Promise<void> {
  const [, , program = '', folder, ...urls] = process.argv
  // Then this is the process of its own.
  if (folder !== undefined) return manager(urls, folder)
  await withFolder('sluice-lesson-', async (root) => {
    const [there, here] = [join(root, 'there'), join(root, 'here')]
    for (const path of [there, here]) mkdirSync(path)
    const servers = await serveSlowly(there)
    const words = [program, here, ...servers.urls]
    const cut = new Set<string>()
    for (let isDone = false; !isDone; ) {
      const child = startSource(new URL('../program.ts', import.meta.url), [], words)
      const watch = setInterval(() => {
        const name = NAMES.find((one) => !cut.has(one) && bytesOf(here, one) > CUT_AT)
        if (name === undefined) return
        cut.add(name)
        child.kill()
      }, 5)
      const status = await child.ended
      clearInterval(watch)
      isDone = status === 0
      console.log(`${child.out()}${child.err()}${isDone ? 'done' : `killed: ${list(here)}`}`)
    }
    for (const name of NAMES) console.log(verdict(name, there, here))
    await servers.close()
  })
}

/** Both servers, and the two URLs. */
async function serveSlowly(folder: string) {
  const bytes = new Uint8Array(SIZE).map((_, i) => (i * i) >> 7)
  const changed = new Date('2020-01-01T00:00:00Z')
  for (const name of NAMES) {
    writeFileSync(join(folder, name), bytes)
    utimesSync(join(folder, name), changed, changed)
  }
  const rest = () => new Promise<void>((resolve) => setTimeout(resolve, 6))
  const files = staticFiles(folder)
  const http = await serve(async (request, info) => {
    const response = await files(request, info)
    const line = new TransformStream<Uint8Array, Uint8Array>({
      transform: async (piece, controller) => {
        await rest()
        controller.enqueue(piece)
      },
    })
    return new Response(response.body?.pipeThrough(line) ?? null, response)
  })
  const ftp = await ftpServer({ files: { [NAMES[1]]: bytes }, now: () => changed, pace: rest })
  return {
    urls: [`${http.url}${NAMES[0]}`, `${ftp.url}${NAMES[1]}`],
    close: () => Promise.all([http.close(), ftp.close()]),
  }
}

/** Bytes of a file that are here, under its name or another one. */
function bytesOf(folder: string, name: string): number {
  const there = [name, `${name}.part`].map((one) =>
    statSync(join(folder, one), { throwIfNoEntry: false }),
  )
  return Math.max(...there.map((stats) => stats?.size ?? 0))
}

function list(folder: string): string {
  const files = readdirSync(folder).map((name) => `${name} (${statSync(join(folder, name)).size})`)
  return files.join(', ')
}

function verdict(name: string, there: string, here: string): string {
  const [wanted, got] = [there, here].map((folder) => readFileSync(join(folder, name)))
  if (got?.equals(wanted as Uint8Array)) return `${name} is the file of the server, byte for byte`
  return `${name} is NOT the file of the server: ${got?.length} of ${wanted?.length} bytes`
}
