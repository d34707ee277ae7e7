/**
 * Strangers against our server: curl, wget, ab, wrk, Python, node:http and the platform's fetch, each with what it is known to do
 * in its own way. What is not installed is left out, and missed where REQUIRE_PEERS says that it must be here.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '@sluice/socket/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWith } from '../../../../scripts/interop/peer.ts'
import { compress, Router } from '../../src/handlers.ts'
import { Response, type Server, serve } from '../../src/index.ts'
import { readMultipart } from '../../src/multipart.ts'
import { sendEvents } from '../../src/sse.ts'
import { staticFiles } from '../../src/static.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-clients-'))
const big = Buffer.alloc(1_000_000, 'sluice ')
writeFileSync(join(folder, 'big.bin'), big)
writeFileSync(join(folder, 'größe.txt'), 'hello')
const { cert, key } = makeCertificate({ name: 'here', names: ['127.0.0.1'] })
writeFileSync(join(folder, 'ca.pem'), cert)
const sha = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** Runs a program; what it says, and its status. */
function run(
  command: string,
  ...args: string[]
): Promise<{ out: string; err: string; status: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: folder })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString('latin1')))
    child.stderr.on('data', (data: Buffer) => (err += data.toString('latin1')))
    child.once('close', (status) => resolve({ out, err, status }))
  })
}

async function* ticks() {
  for (const data of ['one', 'two']) yield data
}

const router = new Router()
  .get('/hello', () => new Response('Hello, World!') as never)
  .all('/echo', async (incoming) => {
    const text = Buffer.from(await incoming.arrayBuffer())
    const { method, headers } = incoming
    const facts = { method, length: text.length, sha: sha(text), type: headers.get('content-type') }
    return Response.json(facts) as never
  })
  .post('/form', async (incoming) => {
    const parts: [string, string | undefined, string][] = []
    for await (const part of readMultipart(incoming))
      parts.push([part.name, part.filename, sha(await part.bytes())])
    return Response.json(parts) as never
  })
  .get('/text', () => new Response('compress me '.repeat(1000)) as never)
  .get('/stream', () => new Response(new Blob([big]).stream()) as never)
  .get('/events', () => sendEvents(ticks()) as never)
  .get('/files/*', staticFiles(folder, { prefix: '/files' }))

let plain: Server
let secure: Server
beforeAll(async () => {
  plain = await serve(compress(router))
  secure = await serve(router, { tls: { cert, key } })
})
afterAll(async () => {
  await plain.close()
  await secure.close()
  rmSync(folder, { recursive: true })
})
const url = (path: string): string => new URL(path, plain.url).href

describeWith(['curl'], 'curl', () => {
  const curl = (...args: string[]) => run('curl', '-sS', '--max-time', '20', ...args)

  it('gets, asks for heads, and uses its connection again', async () => {
    const before = plain.stats().accepted
    const { out } = await curl(
      '-w',
      '|%{http_code}|',
      url('/hello'),
      url('/hello'),
      '-I',
      url('/hello'),
    )
    expect(out).toContain('Content-Length: 13\r\n')
    expect(plain.stats().accepted - before).toBe(1)
    expect((await curl(url('/hello'))).out).toBe('Hello, World!')
  })

  it.each([
    [
      'with a length and Expect: 100-continue',
      ['--data-binary', '@big.bin', '-H', 'Expect: 100-continue'],
    ],
    ['in chunks', ['--data-binary', '@big.bin', '-H', 'Transfer-Encoding: chunked']],
    ['by PUT', ['-T', 'big.bin']],
    ['in HTTP/1.0', ['-0', '--data-binary', '@big.bin']],
  ])('sends a megabyte %s', async (_, args) => {
    const { out } = await curl(...args, url('/echo'))
    expect(JSON.parse(out)).toMatchObject({ length: big.length, sha: sha(big) })
  })

  it('sends a form with a file whose name is not ASCII', async () => {
    const { out } = await curl('-F', 'a=1;type=text/x', '-F', 'f=@größe.txt', url('/form'))
    expect(JSON.parse(Buffer.from(out, 'latin1').toString())).toEqual([
      ['a', null, sha('1')],
      ['f', 'größe.txt', sha('hello')],
    ])
  })

  it('unfolds what was compressed, and resumes', async () => {
    const { out } = await curl('--compressed', '-D', '-', url('/text'))
    expect(out).toMatch(/Content-Encoding: (?:br|zstd|gzip)\r\n/)
    expect(out.endsWith('compress me '.repeat(1000))).toBe(true)
    writeFileSync(join(folder, 'half.bin'), big.subarray(0, 400_000))
    const resumed = await curl('-C', '-', '-o', 'half.bin', url('/files/big.bin'))
    expect([resumed.status, sha(readFileSync(join(folder, 'half.bin')))]).toEqual([0, sha(big)])
    const ranges = await curl('-r', '0-1,5-6', url('/files/big.bin'))
    expect(ranges.out.match(/Content-Range: bytes (?:0-1|5-6)\/1000000/g)).toHaveLength(2)
  })

  it('reads a stream, events, and TLS with our certificate', async () => {
    expect(sha(Buffer.from((await curl(url('/stream'))).out, 'latin1'))).toBe(sha(big))
    expect((await curl('-N', url('/events'))).out).toBe('data: one\n\ndata: two\n\n')
    const { out } = await curl('--cacert', 'ca.pem', new URL('/hello', secure.url).href)
    expect(out).toBe('Hello, World!')
  })
})

describeWith(['wget'], 'wget', () => {
  it('gets a file, goes on with half of one, and mirrors nothing that is not new', async () => {
    writeFileSync(join(folder, 'part'), big.subarray(0, 999_999))
    expect((await run('wget', '-q', '-c', '-O', 'part', url('/files/big.bin'))).status).toBe(0)
    expect(sha(readFileSync(join(folder, 'part')))).toBe(sha(big))
    const { status, err } = await run('wget', '-N', '-P', 'mirror', url('/files/big.bin'))
    expect(status).toBe(0)
    expect(err).toContain('200 OK')
    const again = await run('wget', '-N', '-P', 'mirror', url('/files/big.bin'))
    expect(again.err).toMatch(/304 Not Modified|not retrieving/)
  })
})

describeWith(['python3'], 'Python', () => {
  it('http.client keeps a connection, sends chunks, and urllib reads', async () => {
    const { host } = new URL(plain.url)
    const program = `
import http.client, urllib.request, json
c = http.client.HTTPConnection('${host}')
for i in range(3):
    c.request('GET', '/hello'); r = c.getresponse(); assert r.status == 200 and r.read() == b'Hello, World!'
c.request('POST', '/echo', body=iter([b'ab', b'cd']), encode_chunked=True, headers={'Transfer-Encoding': 'chunked'})
r = c.getresponse(); assert json.loads(r.read())['length'] == 4
c.request('HEAD', '/hello'); r = c.getresponse(); assert r.getheader('Content-Length') == '13' and r.read() == b''
c.request('DELETE', '/hello'); r = c.getresponse(); assert r.status == 405 and r.read()
c.close()
assert len(urllib.request.urlopen('${url('/stream')}').read()) == ${big.length}
print('fine')
`
    expect(await run('python3', '-c', program)).toMatchObject({ out: 'fine\n', err: '', status: 0 })
  })
})

describeWith(['ab'], 'ab', () => {
  it.each([[[]], [['-k']]])('fails no request: %j', async (more) => {
    const { out } = await run('ab', '-q', '-n', '500', '-c', '20', ...more, url('/hello'))
    expect(out).toMatch(/Complete requests: +500\n/)
    expect(out).toMatch(/Failed requests: +0\n/)
    expect(out).not.toContain('Non-2xx')
  })
})

describeWith(['wrk'], 'wrk', () => {
  it.each([
    ['the same request again and again', ''],
    [
      'sixteen pipelined requests with bodies',
      `
init = function()
  all = string.rep(wrk.format('POST', '/echo', nil, 'hello'), 16)
end
request = function() return all end
`,
    ],
  ])('breaks no connection and hears no error: %s', async (_, script) => {
    const before = plain.stats()
    const path = join(folder, 'load.lua')
    writeFileSync(path, script)
    const { out, err, status } = await run(
      ...(['wrk', '-t', '1', '-c', '20', '-d', '1s', '-s', path, url('/hello')] as const),
    )
    expect([status, err]).toEqual([0, ''])
    // It says so only where there were some.
    expect(out).not.toMatch(/Socket errors|Non-2xx/)
    expect(Number(/(\d+) requests in/.exec(out)?.[1])).toBeGreaterThan(16)
    const { clientError, serverError } = plain.stats().outcomes
    const { outcomes } = before
    expect([clientError, serverError]).toEqual([outcomes.clientError, outcomes.serverError])
    await expect.poll(() => plain.stats().connections, { timeout: 5_000 }).toBe(0)
  })
})

describe('Node', () => {
  it('node:http with an agent that keeps connections', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const ask = (method: string, body?: Buffer): Promise<string> =>
      new Promise((resolve, reject) => {
        const outgoing = http.request(url('/echo'), { method, agent }, (incoming) => {
          const parts: Buffer[] = []
          incoming.on('data', (part) => parts.push(part))
          incoming.on('end', () => resolve(Buffer.concat(parts).toString()))
        })
        outgoing.on('error', reject)
        // In two writes and without a length: in chunks.
        if (body !== undefined) outgoing.write(body.subarray(0, 10))
        outgoing.end(body?.subarray(10))
      })
    const before = plain.stats().accepted
    for (const method of ['GET', 'PUT', 'GET'])
      expect(JSON.parse(await ask(method, method === 'PUT' ? big : undefined))).toMatchObject({
        method,
        length: method === 'PUT' ? big.length : 0,
      })
    expect(plain.stats().accepted - before).toBe(1)
    agent.destroy()
  })

  it('the platform’s fetch: streams both ways, forms, compression', async () => {
    const body = new Blob([big]).stream()
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    const echoed = (await (await fetch(url('/echo'), init)).json()) as { sha: string }
    expect(echoed.sha).toBe(sha(big))
    const form = new FormData()
    form.append('größe', new File(['hello'], 'a "b".txt'))
    const parts = await (await fetch(url('/form'), { method: 'POST', body: form })).json()
    expect(parts).toEqual([['größe', 'a "b".txt', sha('hello')]])
    expect(await (await fetch(url('/text'))).text()).toBe('compress me '.repeat(1000))
  })
})
