import net from 'node:net'
import { serve } from '@sluice/http'
import { describe, expect, test } from 'vitest'
import { openFtp } from '../src/ftp.ts'
import { fetch, isFetchError } from '../src/index.ts'
import { type FtpServerOptions, type FtpTestServer, ftpServer } from '../src/testing.ts'
import { client, open } from './kit.ts'

const WHEN = new Date('2024-02-29T12:00:00Z')

async function server(options: FtpServerOptions = {}): Promise<FtpTestServer> {
  const files = {
    'pub/a b.txt': 'Hello, World!',
    'pub/empty': '',
    'big.bin': new Uint8Array(300_000),
  }
  const made = await ftpServer({ files, now: () => WHEN, ...options })
  open.push(made)
  return made
}

/** The commands that say what was wanted, without login and the ways of data. */
function heard({ commands }: FtpTestServer): string[] {
  return commands.filter((line) => !/^(USER|PASS|FEAT|OPTS|EPSV|TYPE|QUIT)/.test(line))
}

describe('GET', () => {
  test('reads a file, and tells what is known of it', async () => {
    const ftp = await server()
    const response = await fetch(`${ftp.url}pub/a%20b.txt`)
    expect(await response.text()).toBe('Hello, World!')
    expect(response.status).toBe(200)
    expect(response.url).toBe(`${ftp.url}pub/a%20b.txt`)
    expect(Object.fromEntries(response.headers)).toEqual({
      'accept-ranges': 'bytes',
      'content-length': '13',
      'content-type': 'text/plain; charset=utf-8',
      'last-modified': 'Thu, 29 Feb 2024 12:00:00 GMT',
    })
    expect(heard(ftp)).toEqual(['CWD pub', 'SIZE a b.txt', 'MDTM a b.txt', 'RETR a b.txt'])
  })

  test('says goodbye when the body has been read', async () => {
    const ftp = await server()
    await (await fetch(`${ftp.url}big.bin`)).arrayBuffer()
    await expect.poll(() => ftp.commands.at(-1)).toBe('QUIT')
  })

  test.each(['213 14', '213 300'])('a file that is shorter than SIZE said (%s)', async (SIZE) => {
    const ftp = await server({ replies: { SIZE } })
    const response = await fetch(`${ftp.url}pub/a%20b.txt`)
    await expect(response.text()).rejects.toThrow(
      new RegExp(
        `^GET ftp:.*: body ended after 13 of ${SIZE.slice(4)} bytes \\(ERR_INCOMPLETE_BODY`,
      ),
    )
    await expect.poll(() => ftp.commands.at(-1)).toBe('QUIT')
  })

  test('gives a body up', async () => {
    const ftp = await server({ files: { 'big.bin': new Uint8Array(50_000_000) } })
    const response = await fetch(`${ftp.url}big.bin`)
    await response.body?.cancel()
    await expect.poll(() => ftp.commands.at(-1)).toMatch(/ABOR|QUIT/)
  })

  test('lists a folder as the server does', async () => {
    const ftp = await server()
    const response = await fetch(`${ftp.url}pub/`)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toMatch(/a b\.txt\n.*empty\n$/s)
    expect(heard(ftp)).toEqual(['CWD pub', 'LIST'])
  })

  test('an empty file has an end, too', async () => {
    const ftp = await server()
    expect(await (await fetch(`${ftp.url}pub/empty`)).text()).toBe('')
  })

  test('as a text has LF, and no length', async () => {
    const ftp = await server({ files: { 'a.txt': 'one\ntwo\n' } })
    const response = await fetch(`${ftp.url}a.txt;type=a`)
    expect(response.headers.get('content-length')).toBeNull()
    expect(await response.text()).toBe('one\ntwo\n')
  })

  test('what is not there is told in one sentence', async () => {
    const ftp = await server()
    const error = await fetch(`${ftp.url}pub/nope`).catch((caught: unknown) => caught)
    expect(isFetchError(error, 'ERR_FTP_REPLY')).toBe(true)
    expect(String(error)).toMatch(/^FtpError: RETR ftp:\/\/[^/]+\/pub\/nope: the server said 550 /)
    expect(error).toMatchObject({ target: `${ftp.url}pub/nope`, reply: { code: 550 } })
    await expect.poll(() => ftp.commands.at(-1)).toBe('QUIT')
  })

  test('logs in as the URL says, and shows no password', async () => {
    const ftp = await server({ users: { me: 'p:w' }, files: { a: '1' } })
    const url = ftp.url.replace('//', '//me:p%3Aw@')
    const response = await fetch(`${url}a`)
    expect(await response.text()).toBe('1')
    expect(response.url).toBe(`${ftp.url}a`)
    const wrong = await fetch(`${ftp.url.replace('//', '//me:secret@')}a`).catch(String)
    expect(wrong).toMatch(/530/)
    expect(wrong).not.toMatch(/secret/)
  })
})

describe('ranges', () => {
  test.each([
    ['bytes=7-', 206, 'World!', 'bytes 7-12/13', 'REST 7'],
    ['bytes=-6', 206, 'World!', 'bytes 7-12/13', 'REST 7'],
    ['bytes=7-9', 206, 'Wor', 'bytes 7-9/13', 'REST 7'],
    ['bytes=0-4', 206, 'Hello', 'bytes 0-4/13', undefined],
    ['bytes=0-1,4-5', 200, 'Hello, World!', null, undefined],
    ['lines=1-2', 200, 'Hello, World!', null, undefined],
    ['bytes=13-', 416, '', 'bytes */13', undefined],
  ])('%s', async (range, status, body, contentRange, rest) => {
    const ftp = await server()
    const response = await fetch(`${ftp.url}pub/a%20b.txt`, { headers: { Range: range } })
    expect(response.status).toBe(status)
    expect(await response.text()).toBe(body)
    expect(response.headers.get('content-range')).toBe(contentRange)
    expect(ftp.commands.find((line) => line.startsWith('REST'))).toBe(rest)
  })

  test.each([
    ['Thu, 29 Feb 2024 12:00:00 GMT', 206],
    ['Thu, 29 Feb 2024 12:00:01 GMT', 200],
    ['"an-entity-tag"', 200],
  ])('If-Range: %s gives %d', async (ifRange, status) => {
    const ftp = await server()
    const headers = { Range: 'bytes=7-', 'If-Range': ifRange }
    expect((await fetch(`${ftp.url}pub/a%20b.txt`, { headers })).status).toBe(status)
  })

  test('a server without REST sends the whole', async () => {
    const ftp = await server({ replies: { REST: '502 No' } })
    const response = await fetch(`${ftp.url}pub/a%20b.txt`, { headers: { Range: 'bytes=7-' } })
    expect([response.status, await response.text()]).toEqual([200, 'Hello, World!'])
  })

  test('a server without SIZE sends the whole', async () => {
    const ftp = await server({ replies: { SIZE: '500 No' } })
    const response = await fetch(`${ftp.url}pub/a%20b.txt`, { headers: { Range: 'bytes=7-' } })
    expect([response.status, await response.text()]).toEqual([200, 'Hello, World!'])
  })
})

test('HEAD looks, and reads nothing', async () => {
  const ftp = await server()
  const response = await fetch(`${ftp.url}pub/a%20b.txt`, { method: 'HEAD' })
  expect(response.headers.get('content-length')).toBe('13')
  expect(heard(ftp)).toEqual(['CWD pub', 'SIZE a b.txt', 'MDTM a b.txt'])
  await expect(fetch(`${ftp.url}nope`, { method: 'HEAD' })).rejects.toThrow(/550/)
})

test('PUT writes a file, from whatever a body may be', async () => {
  const ftp = await server()
  const bodies = [
    'text',
    new Uint8Array([1, 2]),
    new Blob(['blob']),
    () => new Response('made').body,
  ]
  for (const body of bodies) {
    const response = await fetch(`${ftp.url}pub/new`, { method: 'PUT', body: body as never })
    expect(response.status).toBe(204)
  }
  expect(new TextDecoder().decode(ftp.file('/pub/new'))).toBe('made')
  await expect(fetch(`${ftp.url}pub/`, { method: 'PUT', body: 'x' })).rejects.toThrow(
    /names a folder/,
  )
})

describe('what can not be done is refused before anything is sent', () => {
  test.each([
    ['DELETE', 'a', /can be read \(GET, HEAD\) and written \(PUT\)/],
    ['GET', 'a%0D%0ADELE b', /CR, LF or NUL/],
    ['GET', '%ff', /not UTF-8/],
  ])('%s %s', async (method, path, sentence) => {
    const ftp = await server()
    await expect(fetch(`${ftp.url}${path}`, { method })).rejects.toThrow(sentence)
    expect(ftp.commands).toEqual([])
  })

  test('a connect of HTTP', async () => {
    const options = { connect: () => Promise.reject(new Error('never')) }
    await expect(fetch('ftp://127.0.0.1:9/', options)).rejects.toThrow(/openFtp takes one/)
  })
})

test('the total time bounds the login and the file', async () => {
  const ftp = await server({ replies: { PASS: '' } })
  await expect(fetch(`${ftp.url}a`, { timeout: 50 })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    phase: 'total',
  })
})

test('a signal ends it with its reason', async () => {
  const ftp = await server({ replies: { SIZE: '' } })
  const reason = new Error('enough')
  const signal = AbortSignal.timeout(50)
  await expect(fetch(`${ftp.url}a`, { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect(fetch(`${ftp.url}a`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('a redirect from HTTP leads here, without what was secret', async () => {
  const ftp = await server()
  const http = await serve(() => Response.redirect(`${ftp.url}pub/a%20b.txt`, 302))
  open.push(http)
  const response = await fetch(http.url, { headers: { Authorization: 'Bearer t' } })
  expect(await response.text()).toBe('Hello, World!')
  expect(response.redirected).toBe(true)
})

test('auth is who logs in, unless the URL says who, and a redirect from HTTP does not bring it', async () => {
  const ftp = await server({ users: { ada: 'love:lace', me: 'mine' } })
  const auth = { username: 'ada', password: 'love:lace' }
  const users = () => ftp.commands.filter((line) => line.startsWith('USER')).slice(-1)
  expect((await fetch(`${ftp.url}big.bin`, { auth, method: 'HEAD' })).status).toBe(200)
  expect(users()).toEqual(['USER ada'])
  const named = ftp.url.replace('//', '//me:mine@')
  expect((await fetch(`${named}big.bin`, { auth, method: 'HEAD' })).status).toBe(200)
  expect(users()).toEqual(['USER me'])
  await expect(
    fetch(`${ftp.url}big.bin`, { auth: { bearer: 'token' }, method: 'HEAD' }),
  ).rejects.toMatchObject({ code: 'ERR_FTP_LOGIN' })
  const http = await serve(() => Response.redirect(`${ftp.url}big.bin`, 302))
  open.push(http)
  await expect(fetch(http.url, { auth })).rejects.toMatchObject({ code: 'ERR_FTP_LOGIN' })
  expect(users()).toEqual(['USER anonymous'])
})

describe('an HTTP proxy', () => {
  /** Tunnels to this machine whatever the name is. */
  async function proxy() {
    const asked: string[] = []
    const made = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (head) => {
        const [line = '', ...fields] = head.toString('latin1').split('\r\n')
        asked.push([line, ...fields.filter((field) => /^proxy-auth/i.test(field))].join(' '))
        const there = net.connect(Number(/:(\d+) /.exec(line)?.[1]), '127.0.0.1')
        there.on('error', () => socket.destroy())
        there.once('connect', () => {
          socket.write('HTTP/1.1 200 Connected\r\n\r\n')
          socket.pipe(there).pipe(socket)
        })
      })
    })
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
    open.push({ close: () => made.close() })
    return { asked, at: `127.0.0.1:${(made.address() as net.AddressInfo).port}` }
  }

  test.each([
    ['that the environment names', (at: string) => ({ env: { ftp_proxy: `http://${at}` } }), ''],
    ['for all', (at: string) => ({ env: { all_proxy: at } }), ''],
    ['of the client', (at: string) => ({ proxy: `http://${at}/` }), ''],
    ['in a list', (at: string) => ({ proxy: [new URL(`http://${at}/`)] }), ''],
    [
      'with a password',
      (at: string) => ({ proxy: `http://a:b@${at}` }),
      ` Proxy-Authorization: Basic ${btoa('a:b')}`,
    ],
  ])('%s has both connections', async (_, options, field) => {
    const ftp = await server()
    const { asked, at } = await proxy()
    const url = ftp.url.replace('127.0.0.1', 'ftp.test')
    const response = await client(options(at)).fetch(`${url}pub/a%20b.txt`)
    expect(await response.text()).toBe('Hello, World!')
    const { host } = new URL(url)
    expect(asked).toHaveLength(2)
    expect(asked[0]).toBe(`CONNECT ${host} HTTP/1.1${field}`)
    expect(asked[1]).toMatch(/^CONNECT ftp\.test:\d+ HTTP/)
  })

  test('has those of openFtp, too', async () => {
    const ftp = await server()
    const { asked, at } = await proxy()
    const url = ftp.url.replace('127.0.0.1', 'ftp.test')
    await using talk = await openFtp(url, { proxy: `http://${at}` })
    expect(await talk.names('pub')).toHaveLength(2)
    expect(asked).toHaveLength(2)
  })
})

test('many at once: each has its own conversation', async () => {
  const ftp = await server()
  const texts = await Promise.all(
    Array.from({ length: 8 }, async () => (await fetch(`${ftp.url}pub/a%20b.txt`)).text()),
  )
  expect(new Set(texts)).toEqual(new Set(['Hello, World!']))
})
