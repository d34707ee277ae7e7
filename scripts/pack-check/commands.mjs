// The three commands as npm installs them, one against another: each says what it should, and then it ends.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'

const command = (name) => `node_modules/.bin/${name}`
const run = (name, args, input = '') => {
  const { status, stdout, stderr } = spawnSync(command(name), args, {
    input,
    encoding: 'utf8',
    timeout: 10_000,
  })
  assert.equal(status, 0, `${name} ${args.join(' ')}: status ${status}, said ${stderr}`)
  return stdout
}

mkdirSync('www', { recursive: true })
writeFileSync('www/hello.txt', 'Hello, World!')
const server = spawn(command('sluice-http'), ['www', '--port', '0'])
try {
  let said = ''
  for await (const piece of server.stderr) {
    said += piece
    if (/Ctrl-C ends it/.test(said)) break
  }
  const [url, port] = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(said) ?? []
  assert.ok(url, `sluice-http said ${said}`)
  assert.equal(run('sluice-url', [`${url}hello.txt`]), 'Hello, World!')
  assert.equal(run('sluice-http', ['request', 'GET', `${url}hello.txt`]), 'Hello, World!')
  const request = `GET /hello.txt HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`
  assert.match(
    run('sluice-socket', ['connect', `127.0.0.1:${port}`], request),
    /^HTTP\/1\.1 200 OK\r\n[\s\S]*Hello, World!$/,
  )
  console.log('commands ok')
} finally {
  server.kill('SIGINT')
}
