import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { connect } from '@sluice/socket'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { programFile } from '../../../../scripts/program.ts'
import { ClientConnection, type Info, request, type Server, serve } from '../../src/index.ts'
import { type StaticOptions, staticFiles } from '../../src/static.ts'

const base = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-static-')))
const root = join(base, 'root')
mkdirSync(join(root, 'folder'), { recursive: true })
mkdirSync(join(root, 'bare'))
writeFileSync(join(base, 'secret.txt'), 'secret')
writeFileSync(join(root, 'index.html'), '<p>home</p>')
writeFileSync(join(root, 'folder', 'index.html'), 'folder')
writeFileSync(join(root, 'digits.txt'), '0123456789')
writeFileSync(join(root, 'empty.bin'), '')
writeFileSync(join(root, 'large.bin'), Buffer.alloc(300_000, 'x'))
writeFileSync(join(root, '.hidden'), 'hidden')
writeFileSync(join(root, 'app.js'), 'code;'.repeat(100))
writeFileSync(join(root, 'app.js.br'), brotliCompressSync('code;'.repeat(100)))
writeFileSync(join(root, 'bare', 'a b.txt'), 'x')
symlinkSync(join(base, 'secret.txt'), join(root, 'out'))
symlinkSync(base, join(root, 'up'))
symlinkSync(join(root, 'digits.txt'), join(root, 'in.txt'))
utimesSync(join(root, 'digits.txt'), 784_111_777, 784_111_777)

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})
afterAll(() => rmSync(base, { recursive: true }))

async function files(options: StaticOptions = {}): Promise<Server> {
  const made = await serve(staticFiles(root, options), { onError: () => {} })
  open.push(made)
  return made
}
async function get(
  server: Server,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
) {
  // By hand, since the URL parser would tidy the path up.
  const connection = new ClientConnection(await connect(new URL(server.url).host))
  open.push(connection)
  const response = await connection.request(path, { headers, method })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('a folder is served', () => {
  it('files with type, length, date and tag', async () => {
    const { status, headers, text } = await get(await files({ maxAge: 60 }), '/digits.txt')
    expect([status, text]).toEqual([200, '0123456789'])
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '10',
      'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=60',
    })
    expect(headers.get('etag')).toMatch(/^"a-[\da-f]+"$/)
  })

  it('folders by their index, with a slash', async () => {
    const server = await files()
    expect((await get(server, '/')).text).toBe('<p>home</p>')
    expect((await get(server, '/folder/')).text).toBe('folder')
    const moved = await get(server, '/folder?x=1')
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/folder/?x=1'])
    expect((await get(server, '//folder')).headers.get('location')).toBe('/folder/')
    expect((await get(server, '/digits.txt/')).status).toBe(404)
    expect((await get(server, '/in.txt')).text).toBe('0123456789')
  })

  it('HEAD as GET without the body, other methods not', async () => {
    const server = await files()
    const head = await get(server, '/digits.txt', {}, 'HEAD')
    expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, '10', ''])
    const post = await get(server, '/digits.txt', {}, 'POST')
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect((await get(server, '/empty.bin')).headers.get('content-length')).toBe('0')
  })

  it('large files in pieces, and no file stays open', async () => {
    const server = await files()
    expect((await get(server, '/large.bin')).text).toHaveLength(300_000)
    const before = countOpen()
    for (let i = 0; i < 20; i++) {
      const response = await request(new URL('/large.bin', server.url))
      await response.body?.cancel()
    }
    for (let i = 0; i < 100 && countOpen() > before; i++)
      await new Promise((resolve) => setTimeout(resolve, 5))
    expect(countOpen()).toBeLessThanOrEqual(before)
  })
})

/** Files of our folder that this process holds open. */
function countOpen(): number {
  if (process.platform !== 'linux') return 0
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return realpathSync(`/proc/self/fd/${fd}`).startsWith(root)
    } catch {
      return false
    }
  }).length
}

describe('conditions and ranges', () => {
  it('304 for what the client has', async () => {
    const server = await files()
    const etag = (await get(server, '/digits.txt')).headers.get('etag') ?? ''
    const same = await get(server, '/digits.txt', { 'If-None-Match': `"x", ${etag}` })
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag])
    expect(
      (await get(server, '/digits.txt', { 'If-Modified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' }))
        .status,
    ).toBe(304)
    expect((await get(server, '/digits.txt', { 'If-Match': '"x"' })).status).toBe(412)
  })

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
    ['bytes=20-', 416, '', 'bytes */10'],
    ['bytes=x', 200, '0123456789', null],
  ])('Range: %s is %i %s', async (range, status, text, contentRange) => {
    const got = await get(await files(), '/digits.txt', { Range: range })
    expect([got.status, got.text, got.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ])
  })

  it('several parts, each with its own head', async () => {
    const { status, headers, text } = await get(await files(), '/digits.txt', {
      Range: 'bytes=0-1,4-5',
    })
    expect(status).toBe(206)
    const [, boundary = ''] =
      /^multipart\/byteranges; boundary=(\S+)$/.exec(headers.get('content-type') ?? '') ?? []
    const pieces = text.split(`--${boundary}`)
    expect(pieces).toHaveLength(4)
    expect(pieces[1]).toBe(
      '\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n',
    )
    expect(pieces[3]).toBe('--\r\n')
    expect(headers.get('content-length')).toBe(String(text.length))
  })

  it('many overlapping ranges cost one read: what is sent is each byte once', async () => {
    const server = await files()
    const all = Array.from({ length: 50 }, (_, i) => `${i}-`)
    const { status, headers, text } = await get(server, '/large.bin', {
      Range: `bytes=${all.join(',')}`,
    })
    expect([status, headers.get('content-range'), text.length]).toEqual([
      206,
      'bytes 0-299999/300000',
      300_000,
    ])
    const more = Array(1_000).fill('0-').join(',')
    expect((await get(server, '/large.bin', { Range: `bytes=${more}` })).status).toBe(200)
  })

  it('If-Range asks for the part only of what the client has', async () => {
    const server = await files()
    const etag = (await get(server, '/digits.txt')).headers.get('etag') ?? ''
    for (const [condition, text] of [
      ['Sun, 06 Nov 1994 08:49:37 GMT', '0'],
      ['Sun, 06 Nov 1994 08:49:38 GMT', '0123456789'],
      [`W/${etag}`, '0123456789'],
    ] as const) {
      const fields = { Range: 'bytes=0-0', 'If-Range': condition }
      expect((await get(server, '/digits.txt', fields)).text).toBe(text)
    }
    expect((await get(server, '/digits.txt', { Range: 'bytes=0-0', 'If-Range': etag })).text).toBe(
      '0',
    )
    expect(
      (await get(server, '/digits.txt', { Range: 'bytes=0-0', 'If-Range': '"old"' })).text,
    ).toBe('0123456789')
  })
})

describe('nothing else is served', () => {
  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/folder/../../secret.txt',
    '/out',
    '/up/secret.txt',
    '/.hidden',
    '/nothing',
    '/bare/',
    '/%00',
    '/a%5c..%5csecret.txt',
    `/${'x'.repeat(300)}`,
  ])('%s is 404', async (path) => {
    const { status, text } = await get(await files(), path)
    expect([status, text]).toEqual([404, '404 Not Found\n'])
  })
  it('hidden files when they are asked for', async () => {
    expect((await get(await files({ hidden: true }), '/.hidden')).text).toBe('hidden')
  })
})

describe('options', () => {
  it('a listing shows what is served, and no more', async () => {
    const { text, headers } = await get(
      await files({ listing: true, index: [] }),
      '/?sort=size&order=desc',
    )
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(text) ?? []
    const hash = createHash('sha256').update(script).digest('base64')
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'`,
    )
    const names = [...text.matchAll(/href="\.\/([^"?]+)/g)].map(([, name]) =>
      decodeURIComponent(name ?? ''),
    )
    expect(names.filter((name) => name !== '')).toEqual(
      [
        'folder/',
        'bare/',
        'large.bin',
        'app.js',
        'app.js.br',
        'index.html',
        'in.txt',
        'digits.txt',
        'empty.bin',
      ].sort((a, b) => names.indexOf(a) - names.indexOf(b)),
    )
    expect(names).not.toContain('out')
    expect(names).not.toContain('.hidden')
    expect((await get(await files({ listing: true }), '/bare/')).text).toContain('a%20b.txt')
  })

  it.each([
    ['/files/index.html', 200],
    ['/files', 308],
    ['/files/', 200],
    ['/files/folder', 308],
    ['/files/../index.html', 404],
    ['/filesystem', 404],
    ['/index.html', 404],
    ['/', 404],
  ])('a prefix is taken off: %s is %i', async (path, status) => {
    const to = await files({ prefix: '/files/', index: [], listing: true })
    const response = await get(to, path, {}, 'HEAD')
    expect(response.status).toBe(status)
    expect(response.headers.get('location')).toBe(status === 308 ? `${path}/` : null)
  })

  it('a fallback answers for pages, not for files', async () => {
    const server = await files({ fallback: 'index.html' })
    expect((await get(server, '/app/users/7')).text).toBe('<p>home</p>')
    expect((await get(server, '/app/missing.js')).status).toBe(404)
  })

  it('precompressed siblings go to who takes them', async () => {
    const server = await files({ precompressed: true })
    const small = await get(server, '/app.js', { 'Accept-Encoding': 'gzip, br' })
    expect([small.headers.get('content-encoding'), small.headers.get('vary')]).toEqual([
      'br',
      'Accept-Encoding',
    ])
    const plain = await get(server, '/app.js')
    expect([plain.headers.get('content-encoding'), plain.text.length]).toEqual([null, 500])
    expect(small.headers.get('etag')).not.toBe(plain.headers.get('etag'))
    const decoded = await request(new URL('/app.js', server.url), { decode: true })
    expect(await decoded.text()).toBe('code;'.repeat(100))
  })

  it('that there are not are refused', () => {
    expect(() => staticFiles(root, { listings: true } as never)).toThrow("no option 'listings'")
    for (const prefix of ['files', '//files'])
      expect(() => staticFiles(root, { prefix })).toThrow('prefix begins with one slash')
  })
})

describe('a small file that is kept in memory', () => {
  const later = Date.now() + 60_000
  const path = join(root, 'kept.txt')
  const again = (text: string): void => {
    rmSync(path, { force: true })
    writeFileSync(path, text)
    // As it was, for whoever looks at the date of its content alone.
    utimesSync(path, 784_111_777, 784_111_777)
  }

  it.each([undefined, 0, 8])(
    'is what lies on the disk, whatever becomes of that (memory %s)',
    async (memory) => {
      // Nothing is kept that was written a moment ago.
      const clock = vi.spyOn(Date, 'now').mockReturnValue(later)
      try {
        again('one two')
        const server = await files({ memory })
        for (let i = 0; i < 3; i++) {
          expect(await get(server, '/kept.txt')).toMatchObject({ status: 200, text: 'one two' })
          const part = await get(server, '/kept.txt', { range: 'bytes=4-' })
          expect([part.status, part.text]).toEqual([206, 'two'])
          const parts = await get(server, '/kept.txt', { range: 'bytes=0-0,6-6' })
          expect(parts.text).toMatch(/\r\n\r\no\r\n--[\s\S]+\r\n\r\no\r\n--/)
          const head = await get(server, '/kept.txt', {}, 'HEAD')
          expect([head.text, head.headers.get('content-length')]).toEqual(['', '7'])
        }
        // Deno tells the date of a change in whole seconds; with the clock as it is nothing so young is kept.
        if ('Deno' in globalThis) await new Promise((resolve) => setTimeout(resolve, 1100))
        again('six ten')
        expect((await get(server, '/kept.txt')).text).toBe('six ten')
        rmSync(path)
        symlinkSync(join(base, 'secret.txt'), path)
        expect((await get(server, '/kept.txt')).status).toBe(404)
        rmSync(path)
        expect((await get(server, '/kept.txt')).status).toBe(404)
      } finally {
        clock.mockRestore()
      }
    },
  )

  it.each([
    ['8', TypeError],
    [-1, RangeError],
    [Number.NaN, RangeError],
  ])('memory %s is refused', (memory, error) => {
    expect(() => staticFiles(root, { memory: memory as number })).toThrow(error)
  })
})

it('a link that takes the place of a file while its response waits is not followed', async () => {
  const [path, secret] = [join(root, 'raced.bin'), join(base, 'raced.bin')]
  for (const [place, letter] of [
    [path, 'a'],
    [secret, 'b'],
  ] as const) {
    writeFileSync(place, letter.repeat(100_000))
    utimesSync(place, 784_111_777, 784_111_777)
  }
  const url = 'http://localhost/raced.bin'
  const response = await staticFiles(root)(new globalThis.Request(url), {} as Info)
  rmSync(path)
  symlinkSync(secret, path)
  await expect(response.text()).rejects.toThrow('has changed')
  rmSync(path)
})

it('a precompressed sibling that is a link out of the folder is not followed', async () => {
  writeFileSync(join(root, 'style.css'), 'a{}')
  writeFileSync(join(base, 'elsewhere.br'), 'secret')
  symlinkSync(join(base, 'elsewhere.br'), join(root, 'style.css.br'))
  const { headers, text } = await get(await files({ precompressed: true }), '/style.css', {
    'accept-encoding': 'br',
  })
  expect([headers.get('content-encoding'), text]).toEqual([null, 'a{}'])
})

// Node's own `fs` and the shell's `ulimit`.
describe.runIf(!('Bun' in globalThis) && !('Deno' in globalThis) && process.platform === 'linux')(
  'without a descriptor left',
  () => {
    it('is 503 and not 404, and all is well once there are some again', async () => {
      const program = await programFile(new URL('../programs/no-descriptors.ts', import.meta.url))
      const { stdout } = await promisify(execFile)('sh', [
        ...['-c', 'ulimit -n 64 && exec "$0" "$@"', process.execPath, program, root],
        ...['digits.txt', 'large.bin', 'bare/', 'nowhere.txt'],
      ])
      const good = ['200 null', '200 null', '200 null', '404 null']
      const without = ['503 1', '503 1', '503 1', '404 null']
      expect(JSON.parse(stdout)).toEqual({ before: good, without, after: good })
    })
  },
)
