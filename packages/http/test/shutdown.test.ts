import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { isNode } from './runtime.ts'
import { RawClient } from './wire/raw.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(`${folder}/README.md`, 'utf8')
const [, program = ''] = /```ts\n\/\/ server\.ts\n(.*?)```/s.exec(readme) ?? []

// The flags are Node's.
it.skipIf(!isNode)(
  'the server of the README answers what it accepted after SIGTERM, takes nobody new, and ends',
  async () => {
    // A handler that takes its time, so that there is something to finish.
    const slow =
      "() => new Promise((resolve) => setTimeout(() => resolve(new Response('done')), 300))"
    const code = program
      .replace("() => new Response('hello')", slow)
      .replaceAll(' as const', '')
      .replace("'0.0.0.0'", "'127.0.0.1'")
    expect(code).toContain(slow)
    const node = ['--conditions=@sluice/source', '--import', 'tsx', '--input-type=module', '-e']
    const child = spawn(process.execPath, [...node, code], {
      cwd: folder,
      env: { ...process.env, PORT: '0' },
    })
    let heard = ''
    const ended = new Promise((resolve) => child.once('close', resolve))
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        heard += chunk
        const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(heard)
        if (found) resolve(Number(found[1]))
      })
      child.once('close', () => reject(new Error(`it ended early: ${heard}`)))
    })
    const asks = new RawClient(port)
    asks.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const isBusy = async (): Promise<boolean> => {
      const before = heard.length
      child.kill('SIGUSR2')
      while (heard.length === before) await new Promise((resolve) => setTimeout(resolve, 1))
      return heard.slice(before).includes('"inFlight":1')
    }
    while (!(await isBusy()));
    child.kill('SIGTERM')
    const answer = await asks.closed()
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n\r\ndone$/)
    expect(await ended).toBe(0)
  },
  20_000,
)
