/** The usual programs with ftplib, with `await` added. */
import { afterEach, describe, expect, test } from 'vitest'
import { ftplib } from '../src/python.ts'
import { type FtpServerOptions, type FtpTestServer, ftpServer } from '../src/testing.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function start(
  options: FtpServerOptions = {},
): Promise<{ ftp: InstanceType<typeof ftplib.FTP>; server: FtpTestServer }> {
  const files = { 'pub/hello.txt': 'Hello, World!\n', 'pub/lines.txt': 'one\r\ntwo\r\n' }
  const server = await ftpServer({ files, ...options })
  open.push(() => server.close())
  const ftp = ftplib.FTP()
  open.push(() => ftp.close())
  await ftp.connect('127.0.0.1', Number(new URL(server.url).port), 5)
  return { ftp, server }
}

/** A file of Python, as far as these programs need one. */
function fileOf(text: string): { read(size: number): Uint8Array; readline(): Uint8Array } {
  let rest = Buffer.from(text)
  const take = (size: number): Uint8Array => {
    const part = rest.subarray(0, size)
    rest = rest.subarray(part.length)
    return part
  }
  return { read: take, readline: () => take(rest.indexOf('\n') + 1 || rest.length) }
}

describe.each([
  ['passive', true],
  ['active', false],
])('%s', (_mode, isPassive) => {
  test('files are read and written, in bytes and in lines', async () => {
    const { ftp, server } = await start()
    ftp.set_pasv(isPassive)
    expect(await ftp.login()).toMatch(/^230/)
    await ftp.cwd('/pub')
    expect(await ftp.pwd()).toBe('/pub')
    const parts: Uint8Array[] = []
    await ftp.retrbinary('RETR hello.txt', (data: Uint8Array) => parts.push(data))
    expect(Buffer.concat(parts).toString()).toBe('Hello, World!\n')
    const lines: string[] = []
    await ftp.retrlines('RETR lines.txt', (line: string) => lines.push(line))
    expect(lines).toEqual(['one', 'two'])
    await ftp.storbinary('STOR new.bin', fileOf('some bytes'), 4)
    expect(new TextDecoder().decode(server.file('/pub/new.bin'))).toBe('some bytes')
    expect(await ftp.size('new.bin')).toBe(10)
    await ftp.storlines('STOR new.txt', fileOf('a\nb\n'))
    expect(await ftp.nlst()).toEqual(['hello.txt', 'lines.txt', 'new.bin', 'new.txt'])
    expect(await ftp.quit()).toMatch(/^221/)
  })
})

test('folders are made, listed with facts, renamed and removed', async () => {
  const { ftp } = await start()
  await ftp.login('me', 'secret')
  expect(await ftp.mkd('/a "b"')).toBe('/a "b"')
  await ftp.rename('/a "b"', '/c')
  const found = new Map<string, Record<string, string>>()
  for await (const [name, facts] of ftp.mlsd('/')) found.set(name, facts)
  expect(found.get('c')?.['type']).toBe('dir')
  await ftp.rmd('/c')
  await expect(ftp.cwd('/c')).rejects.toBeInstanceOf(ftplib.error_perm)
  await expect(ftp.delete('/none')).rejects.toThrow(/^550/)
})

test('a file from the middle', async () => {
  const { ftp } = await start()
  await ftp.login()
  const parts: Uint8Array[] = []
  await ftp.retrbinary('RETR pub/hello.txt', (data: Uint8Array) => parts.push(data), 8192, 7)
  expect(Buffer.concat(parts).toString()).toBe('World!\n')
})

test('a line break never leaves', async () => {
  const { ftp, server } = await start()
  await ftp.login()
  const before = server.commands.length
  await expect(ftp.cwd('a\r\nDELE b')).rejects.toThrow(/illegal newline/)
  expect(server.commands).toHaveLength(before)
})

test('where PASV points is not where it goes', async () => {
  const { ftp } = await start({ replies: { PASV: '227 Entering Passive Mode (10,0,0,1,0,9)' } })
  await ftp.login()
  expect(await ftp.makepasv()).toEqual(['127.0.0.1', 9])
})

test('a host given to the constructor is connected to; ready tells when', async () => {
  const { server } = await start({ users: { me: 'secret' } })
  class Local extends ftplib.FTP {
    static override port = Number(new URL(server.url).port)
  }
  const ftp = new Local('127.0.0.1', 'me', 'secret')
  open.push(() => ftp.close())
  await ftp.ready
  expect(ftp.getwelcome()).toMatch(/^220/)
  const wrong = new Local('127.0.0.1', 'me', 'wrong')
  open.push(() => wrong.close())
  await expect(wrong.ready).rejects.toBeInstanceOf(ftplib.error_perm)
})
