/** A program that has done its work ends, whatever connections it has kept: nobody has to close a pool. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { Response, serve } from '../src/index.ts'
import { isNode } from './runtime.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))

// The flags are Node's.
it.skipIf(!isNode).each([
  ['a pool', `const pool = new Pool({ keepAlive: 600_000 })`, 'pool.request'],
  ['a request of its own', '', 'request'],
])('idle sockets do not keep a process alive: %s', { timeout: 60_000 }, async (_, made, ask) => {
  const server = await serve(() => new Response('hello') as never, {
    timeout: { keepAlive: 600_000 },
  })
  onTestFinished(() => server.close())
  const code = `
    import { Pool, request } from '@sluice/http'
    ${made}
    for (let i = 0; i < 2; i++) console.log(await (await ${ask}('${server.url}')).text())`
  const node = ['--conditions=@sluice/source', '--import', 'tsx', '--input-type=module', '-e']
  const child = spawn(process.execPath, [...node, code], { cwd: folder })
  let heard = ''
  child.stdout.on('data', (data) => (heard += data))
  child.stderr.on('data', (data) => (heard += data))
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  expect(heard).toBe('hello\nhello\n')
})
