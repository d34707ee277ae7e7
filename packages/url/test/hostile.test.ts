import net from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CookieJar } from '../src/cookies.ts'
import { Client, type FetchOptions, fetch } from '../src/index.ts'
import { open } from './kit.ts'

/** A peer of raw bytes: does what it is told with each connection, and keeps what it was sent. */
async function peer(answer: (socket: net.Socket) => void) {
  const sent: string[] = []
  const sockets = new Set<net.Socket>()
  const made = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      sent.push(bytes.toString('latin1'))
      if (sent.join('').includes('\r\n\r\n')) answer(socket)
    })
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      made.close()
    },
  })
  const { port } = made.address() as net.AddressInfo
  return { url: `http://127.0.0.1:${port}/`, sent: () => sent.join('') }
}
const head = (fields: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n`
const read = async (url: string, options: FetchOptions = {}) => (await fetch(url, options)).text()

describe('a server that', () => {
  test('stalls before its head, in it, or in its body is not waited for longer than asked', async () => {
    for (const [begins, timeout] of [
      ['', { headers: 100 }],
      ['HTTP/1.1 200 OK\r\nA: ', { headers: 100 }],
      [`${head('Content-Length: 10\r\n')}half`, { idle: 100 }],
      [`${head('Content-Length: 10\r\n')}half`, { total: 100 }],
    ] as const) {
      const { url } = await peer((socket) => socket.write(begins))
      await expect(read(url, { timeout })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    }
    // An FTP server speaks first.
    const { url } = await peer(() => {})
    const options = { timeout: { headers: 100 } }
    await expect(read(url.replace('http:', 'ftp:'), options)).rejects.toThrow(
      /^open ftp:.*: no reply within 100 ms \(ERR_TIMEOUT, phase headers/,
    )
  })

  test('drips is cut off by the time for the whole', async () => {
    const { url } = await peer((socket) => {
      socket.write(head('Content-Length: 1000000\r\n'))
      const timer = setInterval(() => socket.write('x'), 10)
      socket.once('close', () => clearInterval(timer))
    })
    await expect(read(url, { timeout: { idle: 1000, total: 200 } })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    })
  })

  test.each([
    ['closes at once', '', /ECONNRESET|ERR_UNEXPECTED_END|ended/],
    [
      'closes in its head',
      'HTTP/1.1 200 OK\r\nA',
      /ended|ERR_UNEXPECTED_END|ERR_PROTOCOL|ERR_INCOMPLETE/,
    ],
    ['says more than it sends', `${head('Content-Length: 10\r\n')}half`, /INCOMPLETE/],
    ['breaks off in a chunk', `${head('Transfer-Encoding: chunked\r\n')}5\r\nhal`, /INCOMPLETE/],
    [
      'says two lengths',
      `${head('Content-Length: 4\r\nContent-Length: 5\r\n')}four`,
      /ERR_PROTOCOL/,
    ],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.2\r\n', /ERR_PROTOCOL/],
    [
      'cuts a coded body',
      head('Content-Encoding: gzip\r\nContent-Length: 10\r\n') +
        gzipSync('hello world').subarray(0, 10).toString('latin1'),
      /ERR_/,
    ],
  ])('%s is told', async (_, answer, message) => {
    const { url } = await peer((socket) => socket.end(Buffer.from(answer, 'latin1')))
    const error = await read(url).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Error)
    expect(String((error as { code?: string }).code) + (error as Error).message).toMatch(message)
  })

  test('sends 10 MiB of fields is not listened to', async () => {
    const { url } = await peer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      for (let i = 0; i < 10_000; i++) socket.write(`A${i}: ${'x'.repeat(1000)}\r\n`)
    })
    await expect(read(url)).rejects.toMatchObject({ code: 'ERR_TOO_LONG' })
  })

  test('sends what unfolds to a thousand times as much is cut off', async () => {
    const bomb = gzipSync(Buffer.alloc(64_000_000))
    const { url } = await peer((socket) => {
      socket.write(head(`Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n`))
      socket.end(bomb)
    })
    await expect(read(url)).rejects.toMatchObject({ code: 'ERR_TOO_LONG' })
    await expect(read(url, { limits: { body: 1000 } })).rejects.toMatchObject({
      code: 'ERR_TOO_LONG',
    })
  })

  test('redirects for ever is followed so often and no more', async () => {
    let count = 0
    const { url } = await peer((socket) => {
      socket.write(`HTTP/1.1 302 Found\r\nLocation: /${++count}\r\nContent-Length: 0\r\n\r\n`)
    })
    await expect(read(url)).rejects.toMatchObject({ code: 'ERR_REDIRECT' })
    expect(count).toBe(21)
  })

  test('asks for credentials for ever is asked a few times', async () => {
    let count = 0
    const { url } = await peer((socket) => {
      const field = `Digest realm="r", qop="auth", nonce="${++count}", stale=true`
      socket.write(`HTTP/1.1 401 No\r\nWWW-Authenticate: ${field}\r\nContent-Length: 0\r\n\r\n`)
    })
    const auth = { username: 'a', password: 'b', scheme: 'digest' } as const
    expect((await fetch(url, { auth })).status).toBe(401)
    expect(count).toBe(4)
  })

  test('sets a thousand cookies fills its own place alone', async () => {
    const jar = new CookieJar()
    jar.set('mine=1; Max-Age=1000', 'http://other.test/')
    for (let round = 0; round < 5; round++) {
      const lines = Array.from(
        { length: 200 },
        (_, i) => `Set-Cookie: c${round}-${i}=${'x'.repeat(100)}\r\n`,
      )
      const { url } = await peer((socket) =>
        socket.end(head(`${lines.join('')}Content-Length: 0\r\n`)),
      )
      await read(url, { cookies: jar })
    }
    expect(jar.size).toBe(181)
    expect(jar.header('http://other.test/')).toBe('mine=1')
  })
})

describe('text that would be something else on the wire', () => {
  // U+010A and U+0D0A are CR and LF to whoever cuts a character down to a byte.
  const BAD = ['\r', '\n', '\r\nX-Evil: 1', '\0', 'Ċ', '\u0d0a', '\ud800']

  test.each(BAD)('%j is refused, or escaped, before a byte of it is sent', async (bad) => {
    const { url, sent } = await peer((socket) => socket.end(head('Content-Length: 0\r\n')))
    const attempts: (() => Promise<unknown>)[] = [
      () => fetch(`${url}a${bad}b?c${bad}d#e${bad}f`),
      () => fetch(url, { method: `GET${bad}` }),
      () => fetch(url, { headers: { [`A${bad}`]: 'b' } }),
      () => fetch(url, { headers: { A: `b${bad}c` } }),
      () => fetch(url, { auth: { username: `a${bad}`, password: `b${bad}` } }),
      () => fetch(url, { auth: { username: `a${bad}`, password: `b${bad}`, scheme: 'digest' } }),
      () => fetch(url, { auth: { bearer: `a${bad}` } }),
      () => fetch(url, { cookies: { header: () => `a=b${bad}`, set: () => undefined } }),
      () => {
        const form = new FormData()
        form.append(`n${bad}`, new Blob(['x']), `f${bad}`)
        return fetch(url, { method: 'POST', body: form })
      },
    ]
    for (const attempt of attempts) await attempt().catch(() => {})
    const jar = new CookieJar()
    for (const set of [
      { name: `a${bad}`, value: 'b' },
      { name: 'a', value: `b${bad}` },
      { name: 'a', value: 'b', path: `/${bad}` },
    ])
      expect(jar.set(set, url).reason).toBeDefined()
    const heads = sent()
      .split('\r\n\r\n')
      .map((text) => text.split('\r\n'))
    for (const lines of heads)
      for (const line of lines) {
        expect(line).not.toMatch(/^X-Evil/i)
        expect(line).not.toMatch(/[\0\r\n]/)
      }
  })

  test.each(['\r', '\n', '\r\nX-Evil: 1', '\t', '\0', '\ud800'])(
    '%j in a URL is refused',
    async (bad) => {
      const { url, sent } = await peer((socket) => socket.end(head('Content-Length: 0\r\n')))
      for (const text of [`${url}a${bad}b`, `${url}?${bad}`, `${url}${bad}`, `${bad}${url}`])
        await expect(fetch(text)).rejects.toThrow(
          /: the URL has a line end, a tab, NUL or half a character in it \(ERR_INVALID_URL, phase open\)$/,
        )
      expect(sent()).toBe('')
    },
  )

  test('NUL in the name of a field or a file of a form is refused', async () => {
    const { url, sent } = await peer((socket) => socket.end(head('Content-Length: 0\r\n')))
    const field = new FormData()
    field.append('a\0b', 'c')
    const file = new FormData()
    file.append('a', new Blob(['x']), 'b\0c')
    await expect(fetch(url, { method: 'POST', body: field })).rejects.toThrow(
      'the form\'s field name "a\\u0000b" has NUL in it',
    )
    await expect(fetch(url, { method: 'POST', body: file })).rejects.toThrow(
      'the form\'s file name "b\\u0000c" has NUL in it',
    )
    expect(sent()).toBe('')
  })

  test('two Locations lead nowhere', async () => {
    const { url } = await peer((socket) =>
      socket.end('HTTP/1.1 302 F\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n'),
    )
    await expect(fetch(url)).rejects.toThrow(
      /: redirected to 2 places at once, which is not followed \(ERR_REDIRECT, phase redirect\)$/,
    )
  })

  test('a redirect can not bring any in', async () => {
    const to = await peer((socket) => socket.end(head('Content-Length: 0\r\n')))
    for (const bad of ['\t', '%0d%0aX-Evil:1', '\u00e4']) {
      const from = await peer((socket) =>
        socket.end(
          Buffer.from(
            `HTTP/1.1 302 F\r\nLocation: ${to.url}${bad}\r\nContent-Length: 0\r\n\r\n`,
            'latin1',
          ),
        ),
      )
      await (await fetch(from.url)).text()
    }
    expect(to.sent()).not.toMatch(/^X-Evil/m)
  })
})

test('a client whose middleware and observers throw stays of use', async () => {
  const { url } = await peer((socket) => socket.write(`${head('Content-Length: 2\r\n')}ok`))
  let fails = true
  const client = new Client({
    use: [
      async (request, next) => {
        if (fails) throw new Error('mine')
        return next(request)
      },
    ],
  })
  open.push({ close: () => client.destroy() })
  await expect(client.fetch(url)).rejects.toThrow('mine')
  fails = false
  expect(await (await client.fetch(url)).text()).toBe('ok')
})
