/**
 * Serves a folder and asks for what is in it, by a connection that it has already, when the process has no descriptor left
 * and when it has some again: `ulimit -n 64; node no-descriptors.ts FOLDER NAME...`. Prints one line of JSON, the statuses
 * and the Retry-After fields of both.
 */
import { closeSync, openSync } from 'node:fs'
import { Pool, serve } from '../../src/index.ts'
import { staticFiles } from '../../src/static.ts'

const [folder = '', ...names] = process.argv.slice(2)
const server = await serve(staticFiles(folder, { listing: true, memory: 0 }))
const pool = new Pool()

async function ask(): Promise<string[]> {
  const told: string[] = []
  for (const name of names) {
    const response = await pool.request(server.url + name)
    await response.bytes()
    told.push(`${response.status} ${response.headers.get('retry-after')}`)
  }
  return told
}

const before = await ask()
const taken: number[] = []
try {
  for (;;) taken.push(openSync('/dev/null', 'r'))
} catch {
  // That was the last.
}
const without = await ask()
for (const one of taken) closeSync(one)
console.log(JSON.stringify({ before, without, after: await ask() }))
await pool.close()
await server.close()
