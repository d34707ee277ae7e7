/**
 * Our client against the servers of others: nginx, Apache, lighttpd, haproxy, Python's http.server and node:http, each as it
 * is installed and with as little configuration as it takes. All but Python's pass on to the same node:http what they have no
 * files for.
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  describeWith,
  file,
  folder,
  launchServer,
  type PeerServer,
  startServer,
} from '../../../../scripts/interop/peer.ts'
import { Pool, type PoolOptions, request } from '../../src/index.ts'

const TEXT = 'compress me '.repeat(10_000)
const big: Uint8Array = Buffer.alloc(3_000_000, 'sluice ')
const sha = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** What the origin saw of one connection. */
interface Life {
  requests: number
  inFlight: number
  most: number
}

/** node:http, behind the others and for itself: it tells what it was sent, and counts what is under way. */
class Origin {
  readonly lives: Life[] = []
  readonly #server = http.createServer({ keepAlive: true }, (incoming, outgoing) => {
    const life = this.#lifeOf(incoming.socket)
    life.requests++
    life.most = Math.max(life.most, ++life.inFlight)
    outgoing.once('close', () => life.inFlight--)
    void this.#answer(incoming, outgoing)
  })
  readonly #known = new Map<object, Life>()

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #lifeOf(socket: object): Life {
    const life = this.#known.get(socket) ?? { requests: 0, inFlight: 0, most: 0 }
    if (!this.#known.has(socket)) this.lives.push(life)
    this.#known.set(socket, life)
    return life
  }

  async #answer(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const { method, url = '/', headers } = incoming
    const hash = createHash('sha256')
    let length = 0
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      hash.update(piece)
      length += piece.length
    }
    if (url === '/echo') {
      const { expect, 'transfer-encoding': coding } = headers
      outgoing.end(JSON.stringify({ method, length, sha: hash.digest('hex'), expect, coding }))
    } else if (url === '/pieces') {
      for (const piece of ['one ', 'two ', 'three']) {
        outgoing.write(piece)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      outgoing.end()
    } else this.#file(incoming, outgoing)
  }

  /** A file, with the conditions and ranges that this test asks for. */
  #file({ url, headers }: http.IncomingMessage, outgoing: http.ServerResponse): void {
    const isText = url === '/text.txt'
    const [, first] = /^bytes=(\d+)-/.exec(headers.range ?? '') ?? []
    outgoing.setHeader('ETag', '"one"')
    if (headers['if-none-match'] === '"one"') outgoing.writeHead(304).end()
    else if (isText && /gzip/.test(headers['accept-encoding'] ?? ''))
      outgoing.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(TEXT))
    else if (isText) outgoing.end(TEXT)
    else if (first !== undefined)
      outgoing
        .writeHead(206, { 'Content-Range': 'bytes 7-11/13', 'Content-Length': 5 })
        .end('World')
    else outgoing.writeHead(200, { 'Content-Length': 13 }).end('Hello, World!')
  }
}

const origin = new Origin()
beforeAll(() => origin.listen())
afterAll(() => origin.close())

/** A folder with the two files, that servers which give up being root may read. */
function site(made: string): string {
  const root = join(made, 'site')
  mkdirSync(root)
  writeFileSync(join(root, 'hello.txt'), 'Hello, World!')
  writeFileSync(join(root, 'text.txt'), TEXT)
  for (const path of [made, root]) chmodSync(path, 0o777)
  return root
}

/** What not every server can do. */
type Ability = 'gzip' | 'range' | 'tag' | 'upload'

/** A server of somebody else. */
interface Stranger {
  readonly title: string
  readonly programs: readonly string[]
  /** The command line, for a folder of its own and a time after which it closes a connection that waits (ms). */
  readonly start: (made: string, idle: number) => [string, (port: number) => readonly string[]]
  /** What it does not do. */
  readonly lacks?: readonly Ability[]
}

const NGINX: Stranger = {
  title: 'nginx',
  programs: ['nginx'],
  start: (made, idle) => {
    const config = (port: number): string => `
user root; daemon off; master_process off; pid ${made}/pid; error_log stderr;
events {}
http {
  access_log off; types { text/plain txt; }
  client_body_temp_path ${made}/t1; proxy_temp_path ${made}/t2; fastcgi_temp_path ${made}/t3;
  uwsgi_temp_path ${made}/t4; scgi_temp_path ${made}/t5;
  keepalive_timeout ${idle}ms; client_max_body_size 20m; gzip on; gzip_types text/plain;
  server {
    listen 127.0.0.1:${port}; root ${site(made)};
    location ~ ^/(echo|pieces)$ { proxy_pass http://127.0.0.1:${origin.port}; proxy_http_version 1.1; }
  }
}`
    return [
      'nginx',
      (port) => ['-p', made, '-c', file(made, 'config', config(port)), '-e', 'stderr'],
    ]
  },
}

const APACHE: Stranger = {
  title: 'Apache',
  programs: ['apache2'],
  start: (made, idle) => {
    const modules = 'mpm_event authz_core dir mime filter deflate proxy proxy_http'.split(' ')
    const config = (port: number): string =>
      [
        ...modules.map(
          (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
        ),
        `ServerRoot ${made}`,
        'ServerName 127.0.0.1',
        `Listen 127.0.0.1:${port}`,
        `PidFile ${made}/pid`,
        `ErrorLog ${made}/error.log`,
        `DefaultRuntimeDir ${made}`,
        `DocumentRoot ${site(made)}`,
        'User nobody',
        'Group nogroup',
        `KeepAliveTimeout ${idle}ms`,
        'TypesConfig /dev/null',
        'AddType text/plain .txt',
        'AddOutputFilterByType DEFLATE text/plain',
        `ProxyPass /echo http://127.0.0.1:${origin.port}/echo`,
        `ProxyPass /pieces http://127.0.0.1:${origin.port}/pieces`,
      ].join('\n')
    return ['apache2', (port) => ['-X', '-f', file(made, 'config', config(port))]]
  },
}

const LIGHTTPD: Stranger = {
  title: 'lighttpd',
  programs: ['lighttpd'],
  lacks: ['gzip'],
  start: (made, idle) => {
    const config = (port: number): string => `
server.modules = ( "mod_proxy" )
server.document-root = "${site(made)}"
server.bind = "127.0.0.1"
server.port = ${port}
server.upload-dirs = ( "${made}" )
server.stream-response-body = 1
server.max-keep-alive-idle = ${Math.ceil(idle / 1000)}
mimetype.assign = ( ".txt" => "text/plain" )
$HTTP["url"] =~ "^/(echo|pieces)$" {
  proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => ${origin.port} ) ) )
}
`
    return ['lighttpd', (port) => ['-D', '-f', file(made, 'config', config(port))]]
  },
}

const HAPROXY: Stranger = {
  title: 'haproxy',
  programs: ['haproxy'],
  start: (made, idle) => {
    const config = (port: number): string => `
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  timeout http-keep-alive ${idle}ms
listen test
  bind 127.0.0.1:${port}
  server origin 127.0.0.1:${origin.port}
`
    return ['haproxy', (port) => ['-db', '-f', file(made, 'config', config(port))]]
  },
}

const PYTHON: Stranger = {
  title: 'http.server of Python',
  programs: ['python3'],
  lacks: ['gzip', 'range', 'tag', 'upload'],
  start: (made) => {
    const options = ['--bind', '127.0.0.1', '--protocol', 'HTTP/1.1', '--directory', site(made)]
    return ['python3', (port) => ['-m', 'http.server', String(port), ...options]]
  },
}

/** Milliseconds that nothing here takes. */
const LONG = 60_000

/** What holds for every server. */
function tests(portOf: () => number, lacks: Stranger['lacks'] = []): void {
  const url = (path: string): string => `http://127.0.0.1:${portOf()}${path}`
  const can = (what: Ability): boolean => !lacks.includes(what)

  it('serves one request after the other on one connection, HEAD and what is missing among them', async () => {
    const one = pool()
    for (let i = 0; i < 3; i++) {
      const response = await one.request(url('/hello.txt'))
      expect([response.status, await response.text()]).toEqual([200, 'Hello, World!'])
    }
    const head = await one.request(url('/hello.txt'), { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '13'])
    expect(await head.text()).toBe('')
    expect(await (await one.request(url('/text.txt'))).text()).toBe(TEXT)
    expect(one.stats).toMatchObject({ connections: 1, requests: 5, reused: 4, replayed: 0 })
  })

  it('answers a validator with 304, which has no body', async () => {
    const one = pool()
    const fresh = await one.request(url('/hello.txt'))
    await fresh.text()
    const headers = can('tag')
      ? { 'If-None-Match': fresh.headers.get('etag') as string }
      : { 'If-Modified-Since': fresh.headers.get('last-modified') as string }
    const again = await one.request(url('/hello.txt'), { headers })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect(await (await one.request(url('/hello.txt'))).text()).toBe('Hello, World!')
    expect(one.stats).toMatchObject({ connections: 1, reused: 2 })
  })

  if (can('range'))
    it('gives a part', async () => {
      const part = await request(url('/hello.txt'), { headers: { Range: 'bytes=7-11' } })
      expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
        206,
        'bytes 7-11/13',
        'World',
      ])
    })

  if (can('gzip'))
    it('compresses, and we unfold', async () => {
      const folded = await request(url('/text.txt'), { headers: { 'Accept-Encoding': 'gzip' } })
      expect(folded.headers.get('content-encoding')).toBe('gzip')
      expect((await folded.arrayBuffer()).byteLength).toBeLessThan(TEXT.length / 10)
      expect(await (await request(url('/text.txt'), { decode: true })).text()).toBe(TEXT)
    })

  if (!can('upload')) return
  it('sends a body in chunks as it comes', async () => {
    const one = pool()
    for (let i = 0; i < 2; i++) {
      const response = await one.request(url('/pieces'))
      expect(response.headers.get('transfer-encoding')).toBe('chunked')
      expect(await response.text()).toBe('one two three')
    }
    expect(one.stats).toMatchObject({ connections: 1, reused: 1 })
  })

  it.each([
    ['with a length', {}],
    ['in chunks', {}],
    ['with a length, when it has said 100', { Expect: '100-continue' }],
    ['in chunks, when it has said 100', { Expect: '100-continue' }],
  ])('takes three megabytes %s', async (how, headers) => {
    const one = pool()
    const heard: number[] = []
    const informational = (status: number) => void heard.push(status)
    for (let i = 0; i < 2; i++) {
      const body = how.startsWith('in chunks') ? pieces() : big
      const options = { method: 'POST', headers, body, informational }
      const echoed = await (await one.request(url('/echo'), options)).json()
      expect(echoed).toMatchObject({ method: 'POST', length: big.length, sha: sha(big) })
    }
    // Who is not told to go on waits until it goes on by itself, which takes a second each time.
    expect(heard).toEqual('Expect' in headers ? [100, 100] : [])
    expect(one.stats).toMatchObject({ connections: 1, reused: 1 })
  })
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < big.length; at += 100_000) yield big.subarray(at, at + 100_000)
}

function pool(options: PoolOptions = {}): Pool {
  const made = new Pool(options)
  onTestFinished(() => made.close())
  return made
}

describe.each([NGINX, APACHE, LIGHTTPD, HAPROXY, PYTHON])(
  '$title',
  ({ programs, start, lacks }) => {
    describeWith(programs, 'as a server', () => {
      const made = mkdtempSync(join(tmpdir(), 'sluice-servers-'))
      let server: PeerServer
      beforeAll(async () => {
        server = await launchServer(...start(made, LONG))
      }, 20_000)
      afterAll(async () => {
        await server?.stop()
        rmSync(made, { recursive: true, force: true })
      })
      tests(() => server.port, lacks)

      if (!lacks?.includes('upload')) return
      it('says that it takes no POST', async () => {
        const one = pool()
        const url = `http://127.0.0.1:${server.port}/hello.txt`
        const refused = await one.request(url, { method: 'POST', body: 'hi' })
        expect(refused.status).toBe(501)
        await refused.text()
        expect(await (await one.request(url)).text()).toBe('Hello, World!')
      })
    })
  },
)

describe('node:http', () => {
  tests(() => origin.port)

  it('is never asked again on a connection before it has answered', async () => {
    const one = pool({ limits: { perOrigin: 4 } })
    const before = origin.lives.length
    const url = `http://127.0.0.1:${origin.port}/pieces`
    const texts = Array.from({ length: 20 }, async () => (await one.request(url)).text())
    expect(new Set(await Promise.all(texts))).toEqual(new Set(['one two three']))
    const lives = origin.lives.slice(before)
    expect(lives.map(({ most }) => most)).toEqual([1, 1, 1, 1])
    expect(lives.reduce((sum, { requests }) => sum + requests, 0)).toBe(20)
  })
})

/** Keeps this process from hearing anything for a while. */
function sleepDeaf(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

// lighttpd counts in seconds, and looks at its clock once in one.
const CLOSERS = [NGINX, APACHE, HAPROXY]
describeWith(
  CLOSERS.flatMap(({ programs }) => programs),
  'a server that closes while we do not listen',
  () => {
    it('nginx, Apache, haproxy: the request that meets its goodbye is made once more', async () => {
      const servers = await Promise.all(
        CLOSERS.map(({ start }) => startServer(...start(folder(), 300))),
      )
      const one = pool()
      const urls = servers.map(({ port }) => `http://127.0.0.1:${port}/hello.txt`)
      const ask = async (url: string): Promise<string> => (await one.request(url)).text()
      await Promise.all(urls.map(ask))
      expect(one.stats).toMatchObject({ connections: 3, idle: 3 })
      sleepDeaf(1000)
      expect(await Promise.all(urls.map(ask))).toEqual(urls.map(() => 'Hello, World!'))
      expect(one.stats).toMatchObject({ requests: 6, reused: 3, replayed: 3 })
    })
  },
)

describeWith(['apache2'], 'a server that says how long it waits', () => {
  it('Apache: a connection that it will close within a second is not used again', async () => {
    const server = await startServer(...APACHE.start(folder(), 900))
    const one = pool()
    const url = `http://127.0.0.1:${server.port}/hello.txt`
    for (let i = 0; i < 2; i++) {
      // Without the question it does not say.
      const response = await one.request(url, { headers: { Connection: 'keep-alive' } })
      expect(response.headers.get('keep-alive')).toMatch(/^timeout=[01]\b/)
      await response.text()
    }
    expect(one.stats).toMatchObject({ requests: 2, reused: 0, replayed: 0 })
  })
})
