import { connect, listen } from '@sluice/socket'
import { makeAuthority, makeCertificate, scriptedServer } from '@sluice/socket/testing'
import { describe, expect, it } from 'vitest'
import { type FtpOptions, isFtpError, openFtp } from '../src/ftp.ts'
import { isFetchError } from '../src/index.ts'
import { type FtpServerOptions, ftpServer } from '../src/testing.ts'
import { open } from './kit.ts'

const FILES = { '/hello.txt': 'Hello, World!', '/pub/lines.txt': 'a\r\nb\r\n', '/pub/deep/x': '' }
const NOW = new Date('2026-02-03T04:05:06Z')

async function start(served: FtpServerOptions = {}, options: FtpOptions = {}) {
  const server = await ftpServer({ files: FILES, now: () => NOW, ...served })
  open.push(server)
  const ftp = await openFtp(server.url, options)
  open.push(ftp)
  return { server, ftp }
}

async function rejection(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => Promise.reject(new Error('it should have failed')),
    (error: Error) => error,
  )
}

describe('files', () => {
  for (const mode of ['passive', 'active'] as const)
    it(`are read, from wherever one likes (${mode})`, async () => {
      const { ftp, server } = await start({}, { mode })
      expect(await (await ftp.read('hello.txt')).text()).toBe('Hello, World!')
      expect(await (await ftp.read('hello.txt', { offset: 7 })).text()).toBe('World!')
      expect(await (await ftp.read('pub/deep/x')).bytes()).toHaveLength(0)
      // TYPE is said once.
      expect(server.commands.filter((line) => line.startsWith('TYPE'))).toEqual(['TYPE I'])
    })

  it('are written, appended to, and continued', async () => {
    const { ftp, server } = await start()
    const stored = (): string => Buffer.from(server.file('/pub/new') ?? []).toString()
    const progress: number[] = []
    const pieces = (async function* () {
      yield 'one '
      yield Buffer.from('two')
    })()
    expect(await ftp.write('pub/new', pieces, { onProgress: (n) => progress.push(n) })).toBe(7)
    expect([stored(), progress]).toEqual(['one two', [4, 7]])
    await ftp.write('pub/new', ' three', { append: true })
    expect(stored()).toBe('one two three')
    await ftp.write('pub/new', '2', { offset: 4 })
    expect(stored()).toBe('one 2')
  })

  it('as texts change their line ends', async () => {
    const { ftp, server } = await start()
    expect(await (await ftp.read('pub/lines.txt', { type: 'ascii' })).text()).toBe('a\nb\n')
    await ftp.write('t', 'x\ny\n', { type: 'ascii' })
    expect(Buffer.from(server.file('/t') ?? []).toString()).toBe('x\r\ny\r\n')
  })

  it('have sizes, times and names', async () => {
    const { ftp } = await start()
    expect(await ftp.size('hello.txt')).toBe(13)
    expect(await ftp.modified('hello.txt')).toEqual(NOW)
    await ftp.setModified('hello.txt', new Date('2001-02-03T04:05:06Z'))
    expect(await ftp.stat('hello.txt')).toMatchObject({
      type: 'file',
      size: 13,
      modified: new Date('2001-02-03T04:05:06Z'),
    })
    await ftp.rename('hello.txt', 'pub/bye.txt')
    expect(await ftp.names('pub')).toEqual(['bye.txt', 'deep', 'lines.txt'])
    await ftp.remove('pub/bye.txt')
    expect(isFtpError(await rejection(ftp.size('pub/bye.txt')), 550)).toBe(true)
  })

  it('folders are listed, made, gone into and removed', async () => {
    const { ftp } = await start()
    const list = async (path?: string) =>
      (await ftp.list(path)).map(({ name, type, size }) => [name, type, size])
    expect(await list()).toEqual([
      ['hello.txt', 'file', 13],
      ['pub', 'dir', undefined],
    ])
    await ftp.cd('pub/deep')
    expect(await ftp.pwd()).toBe('/pub/deep')
    await ftp.cd('..')
    expect(await ftp.mkdir('say "hi"')).toBe('/pub/say "hi"')
    expect((await list()).map(([name]) => name)).toEqual(['deep', 'lines.txt', 'say "hi"'])
    await ftp.rmdir('say "hi"')
    expect(isFtpError(await rejection(ftp.rmdir('deep')), 550)).toBe(true)
  })

  it('of a server without features are listed all the same', async () => {
    const { ftp, server } = await start({ features: [] })
    expect([...(await ftp.list('pub'))]).toMatchObject([
      { name: 'deep', type: 'dir' },
      {
        name: 'lines.txt',
        size: 6,
        modified: new Date('2026-02-03T00:00:00Z'),
        isModifiedExact: false,
      },
    ])
    expect(await ftp.stat('hello.txt')).toEqual({ size: 13, modified: NOW })
    expect(server.commands).toContain('LIST pub')
  })
})

describe('a conversation', () => {
  it('says what RFC 959 wants to hear, and goodbye', async () => {
    const { ftp, server } = await start(
      { users: { me: 'secret' } },
      { user: 'me', password: 'secret' },
    )
    await (await ftp.read('hello.txt')).text()
    await ftp.close()
    expect(server.commands).toEqual([
      'USER me',
      'PASS secret',
      'FEAT',
      'OPTS UTF8 ON',
      'TYPE I',
      'EPSV',
      'RETR hello.txt',
      'QUIT',
    ])
  })

  it('does one thing after the other, in the order of the calls', async () => {
    const { ftp } = await start()
    const results = await Promise.all([ftp.pwd(), ftp.cd('pub'), ftp.pwd(), ftp.size('lines.txt')])
    expect(results).toEqual(['/', undefined, '/pub', 6])
  })

  it('does nothing else while a file is being read', async () => {
    const { ftp } = await start({ files: { '/big': 'x'.repeat(5_000_000) } })
    const file = await ftp.read('big')
    expect(isFetchError(await rejection(ftp.pwd()), 'ERR_BUSY')).toBe(true)
    await file.recv()
    await file.close()
    expect(await ftp.pwd()).toBe('/')
    for await (const _ of await ftp.read('big')) break
    expect(await ftp.pwd()).toBe('/')
  })

  it('falls back to PASV once, and does not believe the host in its reply', async () => {
    const { ftp, server } = await start({ replies: { EPSV: '502 What?' } })
    for (let i = 0; i < 2; i++)
      expect(await (await ftp.read('hello.txt')).text()).toBe('Hello, World!')
    expect(server.commands.filter((line) => /EPSV|PASV/.test(line))).toEqual([
      'EPSV',
      'PASV',
      'PASV',
    ])
  })

  it('connects to the server, wherever PASV points', async () => {
    const victim = await listen('127.0.0.2:0')
    open.push(victim)
    const data = await listen('127.0.0.1:0')
    open.push(data)
    const { port } = data.address as { port: number }
    const lie = `227 Here (127,0,0,2,${port >> 8},${port & 255})`
    const { ftp } = await start({
      replies: { EPSV: '502 No', PASV: lie, RETR: '150 Here\r\n226 Done' },
    })
    const reading = ftp.read('hello.txt')
    const connection = await data.accept()
    await connection.sendAll('from the server')
    await connection.close()
    expect(await (await reading).text()).toBe('from the server')
    expect(victim.pending).toBe(0)
  })

  it('in active mode takes no data from anybody else', async () => {
    const { ftp, server } = await start({ replies: { RETR: '' } }, { mode: 'active' })
    const reading = ftp.read('hello.txt')
    reading.catch(() => {})
    let port: string[] | undefined
    while (port === undefined) {
      await new Promise((resolve) => setImmediate(resolve))
      port = server.commands.find((line) => line.startsWith('PORT'))?.split(',')
    }
    const [high, low] = port.slice(4).map(Number) as [number, number]
    const visit = async () => {
      await using stranger = await connect(`127.0.0.1:${high * 256 + low}`, {
        localAddress: '127.0.0.9',
      })
      return await stranger.recv()
    }
    // It is closed, and nothing was read from it.
    expect(await visit().catch(() => null)).toBeNull()
    ftp.destroy()
    await rejection(reading)
  })

  it('goes through proxies to both ends by name', async () => {
    const { server } = await start()
    const asked: string[] = []
    const ftp = await openFtp(server.url.replace('127.0.0.1', 'ftp.test'), {
      proxy: {
        target: '127.0.0.1:9',
        name: 'test',
      } as never,
      connect: async (to, how) => {
        asked.push((to as { hostname: string }).hostname)
        const { proxy: _, ...rest } = how ?? {}
        return connect(
          { ...(to as { hostname: string; port: number }), hostname: '127.0.0.1' },
          rest,
        )
      },
    })
    open.push(ftp)
    expect(await (await ftp.read('hello.txt')).text()).toBe('Hello, World!')
    expect(asked).toEqual(['ftp.test', 'ftp.test'])
  })
})

describe('TLS', () => {
  const authority = makeAuthority()
  const { cert, key } = makeCertificate({ name: 'server', issuer: authority, names: ['127.0.0.1'] })
  const tls = { cert, key }
  const ca = authority.cert

  it('is for the password and for the files', async () => {
    const { ftp, server } = await start({ tls }, { tls: { ca } })
    expect(ftp.isSecure).toBe(true)
    expect(server.commands.slice(0, 5)).toEqual([
      'AUTH TLS',
      'USER anonymous',
      'PASS anonymous@example.invalid',
      'PBSZ 0',
      'PROT P',
    ])
    expect(await (await ftp.read('hello.txt')).text()).toBe('Hello, World!')
    await ftp.write('new', 'secret')
    expect(Buffer.from(server.file('/new') ?? []).toString()).toBe('secret')
  })

  it('that a server does not have is not done without', async () => {
    const server = await ftpServer()
    open.push(server)
    const error = await rejection(openFtp(server.url, { tls: true }))
    expect(error.message).toMatch(
      /^open ftp:\/\/127.0.0.1:\d+\/: the server said 502 There is no TLS here to AUTH \(ERR_FTP_NO_TLS, phase reply\)$/,
    )
    expect(server.commands).toEqual(['AUTH TLS'])
  })

  it('from a stranger is refused before the password', async () => {
    const server = await ftpServer({ tls })
    open.push(server)
    expect((await rejection(openFtp(server.url, { tls: true }))).message).toMatch(
      /not trusted|unknown issuer|phase tls/,
    )
    expect(server.commands).toEqual(['AUTH TLS'])
  })
})

describe('what goes wrong', () => {
  it('is told in one sentence, with what the server said', async () => {
    const { ftp } = await start()
    const error = await rejection(ftp.read('no/such'))
    expect(error.message).toMatch(
      /^RETR ftp:\/\/127.0.0.1:\d+\/no\/such: the server said 550 No such file \(ERR_FTP_REPLY, phase reply\)$/,
    )
    expect(error).toMatchObject({ reply: { code: 550 }, isTransient: false, code: 'ERR_FTP_REPLY' })
    expect(await ftp.pwd()).toBe('/')
  })

  it('a wrong password is not shown', async () => {
    const server = await ftpServer({ users: { me: 'right' } })
    open.push(server)
    const error = await rejection(openFtp(server.url.replace('//', '//me:wr0ng@')))
    expect(error).toMatchObject({ code: 'ERR_FTP_LOGIN', reply: { code: 530 } })
    expect(error.message).toContain('530 Login incorrect to PASS')
    expect(`${error.message}${(error as Error & { target: string }).target}`).not.toContain('wr0ng')
  })

  it('a file that breaks off is not taken for a whole one', async () => {
    const { ftp } = await start({ cutAfter: 5 })
    const error = await rejection((await ftp.read('hello.txt')).text())
    expect(error).toMatchObject({ reply: { code: 426 }, isTransient: true })
    expect(await ftp.pwd()).toBe('/')
  })

  it('no room, no folder: the write fails, the conversation goes on', async () => {
    const { ftp } = await start({ replies: { 'STOR a': '552 No room' } })
    expect(isFtpError(await rejection(ftp.write('a', 'x')), 552)).toBe(true)
    expect(isFtpError(await rejection(ftp.write('nowhere/a', 'x')), 553)).toBe(true)
    const broken = (async function* () {
      yield 'some'
      throw new Error('the source broke')
    })()
    expect((await rejection(ftp.write('b', broken))).message).toContain('the source broke')
    expect(await ftp.pwd()).toBe('/')
  })

  it.each<[title: string, says: string, code: string]>([
    ['no FTP at all', 'HTTP/1.1 400 Bad Request\r\n', 'ERR_PROTOCOL'],
    ['a line without an end', `220 ${'x'.repeat(10_000)}`, 'ERR_TOO_LONG'],
    ['a reply without an end', '220-x\r\n'.repeat(2000), 'ERR_PROTOCOL'],
    ['nothing, and goodbye', '', 'ERR_UNEXPECTED_END'],
    ['half a reply', '220-Welc', 'ERR_UNEXPECTED_END'],
    ['full', '421 Too many\r\n', 'ERR_FTP_REPLY'],
  ])('a greeting that is %s', async (_, says, code) => {
    const server = await scriptedServer([[{ send: says }, 'close']])
    open.push(server)
    const error = await rejection(
      openFtp(`ftp://127.0.0.1:${(server.address as { port: number }).port}`),
    )
    expect(error).toMatchObject({ code })
  })

  it('a server that is ready in a moment, again and again, has no more time than was given', async () => {
    const listener = await listen({ hostname: '127.0.0.1', port: 0 })
    open.push(listener)
    const target = `ftp://127.0.0.1:${(listener.address as { port: number }).port}`
    const saying = (async () => {
      const connection = await listener.accept()
      const gone = connection.closed.then(() => true)
      const turn = () => new Promise<false>((resolve) => setTimeout(resolve, 5, false))
      while (!(await Promise.race([gone, turn()])))
        await connection.sendAll('120 In a moment\r\n').catch(() => {})
    })()
    const error = await rejection(openFtp(target, { timeout: 100 }))
    expect(isFetchError(error, 'ERR_TIMEOUT')).toBe(true)
    expect(error.message).toMatch(/^open ftp:.*: no result within 100 ms/)
    await saying
    await expect(openFtp(target, { timeout: -1 })).rejects.toThrow(RangeError)
  })

  it('a server that says nothing is waited for so long, and no longer', async () => {
    const { ftp } = await start({ replies: { PWD: '' } }, { timeout: { headers: 50 } })
    const late = await rejection(ftp.pwd())
    expect(isFetchError(late, 'ERR_TIMEOUT')).toBe(true)
    expect(late.message).toMatch(/^PWD ftp:.*: no reply within 50 ms \(ERR_TIMEOUT, phase headers/)
    // Whose reply would come next, nobody knows.
    expect(isFetchError(await rejection(ftp.pwd()), 'ERR_CLOSED')).toBe(true)
  })

  it('an aborted call rejects with the reason, and leaves no listener', async () => {
    const { ftp } = await start({ files: { '/big': 'x'.repeat(20_000_000) } })
    const abort = new AbortController()
    const file = await ftp.read('big', { signal: abort.signal })
    await file.recv()
    abort.abort(new Error('enough'))
    const rest = (async () => {
      while ((await file.recv()) !== null);
    })()
    expect((await rejection(rest)).message).toBe('enough')
    expect(await ftp.pwd()).toBe('/')
    expect(
      (await rejection(ftp.pwd({ signal: AbortSignal.abort(new Error('before')) }))).message,
    ).toBe('before')
    expect(await ftp.pwd()).toBe('/')
  })

  it('421 ends the conversation', async () => {
    const { ftp } = await start({ replies: { NOOP: '421 I am tired' } })
    expect(isFtpError(await rejection(ftp.send('NOOP')), 421)).toBe(true)
    expect((await rejection(ftp.pwd())).message).toMatch(/closed/)
  })

  it('wrong arguments, before anything is sent', async () => {
    const { ftp, server } = await start()
    const before = server.commands.length
    const wrong: Promise<unknown>[] = [
      ftp.send('DELE a\r\nDELE b'),
      ftp.size('a\nDELE b'),
      ftp.rename('a', 'b\0'),
      ftp.cd('\ud800'),
      ftp.mkdir('x'.repeat(5000)),
      ftp.list('a', { sort: true } as never),
    ]
    for (const work of wrong) work.catch(() => {})
    for (const work of wrong) {
      const error = await rejection(work)
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
    }
    const sent = server.commands.slice(before).filter((line) => !/^RNFR/.test(line))
    expect(sent).toEqual([])
    await expect(openFtp(server.url, { passiv: true } as never)).rejects.toThrow(
      "there is no option 'passiv'",
    )
    await expect(ftp.read('a', { offset: -1 })).rejects.toThrow(RangeError)
  })

  it.each([
    ['latin1', ['\r', '\n', '\0', '\ud800', '\u010a', '\u0d0a']],
    ['utf8', ['\r', '\n', '\0', '\ud800']],
  ] as const)(
    'text that would be another command, in %s, before a byte of it',
    async (encoding, bads) => {
      const { server } = await start()
      const ftp = await openFtp(server.url, { encoding })
      const before = server.commands.length
      for (const bad of bads) {
        const text = `x${bad}DELE hello.txt`
        const calls: (() => Promise<unknown>)[] = [
          () => ftp.read(text),
          () => ftp.write(text, 'x'),
          () => ftp.write(text, 'x', { append: true }),
          () => ftp.list(text),
          () => ftp.names(text),
          () => ftp.cd(text),
          () => ftp.size(text),
          () => ftp.modified(text),
          () => ftp.rename('hello.txt', text),
          () => ftp.rename(text, 'x'),
          () => ftp.remove(text),
          () => ftp.mkdir(text),
          () => ftp.rmdir(text),
          () => ftp.send('SITE', text),
        ]
        for (const call of calls) await expect(call()).rejects.toThrow(TypeError)
      }
      const said = server.commands.slice(before).filter((line) => !/^TYPE/.test(line))
      expect(said).toEqual([])
      // The conversation goes on.
      expect(await ftp.pwd()).toBe('/')
      await ftp.close()
      const count = server.commands.length
      for (const bad of bads)
        for (const who of ['user', 'password', 'account']) {
          const error = await rejection(openFtp(server.url, { encoding, [who]: `secret${bad}` }))
          expect(error).toBeInstanceOf(TypeError)
          if (who !== 'user') expect(error.message).not.toContain('secret')
        }
      expect(server.commands.length).toBe(count)
    },
  )

  it.each([
    { mode: 'z' },
    { encoding: 'z' },
    { tls: 5 },
    { tls: null },
    { limits: 5 },
    { limits: { listing: -1 } },
    { limits: { lines: 1 } },
  ])('the options %j', async (options) => {
    await expect(openFtp('ftp://127.0.0.1:1/', options as never)).rejects.toThrow(/^openFtp/)
  })
})

describe('recvInto', () => {
  it('puts a file where it is wanted, to its end', async () => {
    const body = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251))
    const { ftp } = await start({ files: { '/big': body } })
    const download = await ftp.read('big')
    const all = Buffer.alloc(body.length + 1)
    let at = 0
    for (let n: number | null = 0; n !== null; at += n ?? 0)
      n = await download.recvInto(all.subarray(at, at + 30_000))
    expect([at, all.subarray(0, at).equals(body)]).toEqual([body.length, true])
    expect(await download.recvInto(all)).toBeNull()
    // It is over: the client can do the next thing.
    expect(await (await ftp.read('big')).bytes()).toHaveLength(body.length)
  })

  it('is not for texts, whose bytes change', async () => {
    const { ftp } = await start()
    const download = await ftp.read('pub/lines.txt', { type: 'ascii' })
    const error = await rejection(download.recvInto(new Uint8Array(9)))
    expect(error.message).toContain('recvInto is for binary transfers')
    expect(await download.text()).toBe('a\nb\n')
  })
})

describe('EPSV', () => {
  it('that is answered with "not now" is no reason for PASV, now or later', async () => {
    const { ftp, server } = await start({ replies: { EPSV: ['450 busy'] } })
    const error = await rejection(ftp.read('hello.txt'))
    expect(error.message).toContain('450 busy')
    expect(await (await ftp.read('hello.txt')).text()).toBe('Hello, World!')
    expect(server.commands.filter((line) => /^(?:EPSV|PASV)/.test(line))).toEqual(['EPSV', 'EPSV'])
  })

  it('that is unknown is not asked for again', async () => {
    const { ftp, server } = await start({ replies: { EPSV: ['502 what?'] } })
    for (let i = 0; i < 2; i++)
      expect(await (await ftp.read('hello.txt')).text()).toBe('Hello, World!')
    const asked = server.commands.filter((line) => /^(?:EPSV|PASV)/.test(line))
    expect(asked).toEqual(['EPSV', 'PASV', 'PASV'])
  })
})
