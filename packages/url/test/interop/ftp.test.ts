import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { download } from '../../src/download.ts'
import { type FtpClient, type FtpOptions, openFtp } from '../../src/ftp.ts'
import { fetch } from '../../src/index.ts'
import { canServe, KINDS, type RunningFtp } from './ftp-servers.ts'

if (!canServe() && process.env['REQUIRE_PEERS'])
  throw new Error('REQUIRE_PEERS is set, and FTP servers are not here, or we are not root')

async function login(server: RunningFtp, options: FtpOptions = {}): Promise<FtpClient> {
  const { port, user, password, ca } = server
  const ftp = await openFtp(`ftp://127.0.0.1:${port}`, {
    user,
    password,
    ...options,
    ...(options.tls !== undefined && { tls: { ca } }),
  })
  onTestFinished(() => ftp.close())
  return ftp
}

describe.skipIf(!canServe())('FTP servers', { timeout: 30_000 }, () => {
  describe.each(KINDS)('$name', (kind) => {
    test.each(['passive', 'active'] as const)('files and folders, %s', async (mode) => {
      const server = await kind.start({ tls: false })
      const ftp = await login(server, { mode })
      await everyday(ftp, server)
    })

    test('files and folders in TLS, with sessions that are used again', async () => {
      const server = await kind.start({ tls: true })
      const ftp = await login(server, { tls: true })
      expect(ftp.isSecure).toBe(true)
      await everyday(ftp, server)
    })

    test('lists by MLSD where there is that, and goes on by REST, also in a download', async () => {
      const server = await kind.start({ tls: false })
      const said: string[] = []
      const listen = (event: unknown): void => {
        const { command } = event as { command?: string }
        if (command !== undefined) said.push(command)
      }
      subscribe('sluice:url', listen)
      onTestFinished(() => void unsubscribe('sluice:url', listen))
      const ftp = await login(server)
      expect((await ftp.list('pub')).map(({ name }) => name)).toEqual(['hello.txt'])
      expect(said).toContain(kind.name === 'vsftpd' ? 'LIST pub' : 'MLSD pub')
      const { port, user, password, root } = server
      const path = join(root, 'here')
      const url = `ftp://${user}:${password}@127.0.0.1:${port}/pub/hello.txt`
      const validator = (await ftp.modified('pub/hello.txt')).toUTCString()
      writeFileSync(`${path}.part`, 'Jello')
      writeFileSync(
        `${path}.part.json`,
        JSON.stringify({ url: url.replace(password, '***'), validator, length: 14 }),
      )
      expect(await download(url, path)).toMatchObject({ resumedAt: 5, bytes: 14 })
      expect(readFileSync(path, 'utf8')).toBe('Jello, World!\n')
      expect(said).toContain('REST 5')
    })

    test('refuses a login in the clear where it wants TLS, and a wrong password', async () => {
      const server = await kind.start({ tls: true })
      await expect(login(server)).rejects.toThrow(/the server said (530|421|550)/)
      if (kind.name !== 'vsftpd')
        await expect(login({ ...server, password: 'wrong' }, { tls: true })).rejects.toMatchObject({
          code: 'ERR_FTP_LOGIN',
        })
    })

    test('a download that is given up leaves a conversation that goes on', async () => {
      const server = await kind.start({ tls: false })
      const ftp = await login(server)
      await ftp.write('pub/big', new Uint8Array(30_000_000))
      const download = await ftp.read('pub/big')
      await download.recv()
      await download.close()
      expect(await (await ftp.read('pub/hello.txt')).text()).toBe('Hello, World!\n')
    })

    test('NOOP beside a transfer costs nothing, wherever its answer comes', async () => {
      const server = await kind.start({ tls: false })
      const ftp = await login(server, { noop: 5 })
      const content = new Uint8Array(30_000_000).map((_, i) => i * 7)
      const pieces = (async function* () {
        for (const at of [0, 10_000_000, 20_000_000]) {
          yield content.subarray(at, at + 10_000_000)
          await new Promise((resolve) => setTimeout(resolve, 30))
        }
      })()
      const said = saysNoop()
      expect(await ftp.write('pub/slow', pieces)).toBe(content.length)
      expect(await ftp.size('pub/slow')).toBe(content.length)
      const parts: Uint8Array[] = []
      for await (const part of await ftp.read('pub/slow')) {
        if (parts.push(part) % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      }
      expect(Buffer.concat(parts).equals(content)).toBe(true)
      expect(await (await ftp.read('pub/hello.txt', { type: 'ascii' })).text()).toMatch(/^Hello/)
      const download = await ftp.read('pub/slow')
      await download.recv()
      await new Promise((resolve) => setTimeout(resolve, 30))
      await download.close()
      expect(await ftp.pwd()).toBe('/')
      expect(said()).toBeGreaterThanOrEqual(3)
    })

    test('fetch reads a part of a file, a folder, and says what is not there', async () => {
      const { port, user, password } = await kind.start({ tls: false })
      const at = `ftp://${user}:${password}@127.0.0.1:${port}/pub/`
      const response = await fetch(`${at}hello.txt`, { headers: { Range: 'bytes=7-11' } })
      expect([response.status, await response.text()]).toEqual([206, 'World'])
      expect(response.headers.get('content-range')).toBe('bytes 7-11/14')
      expect(await (await fetch(at)).text()).toMatch(/hello\.txt/)
      await expect(fetch(`${at}nope`)).rejects.toThrow(/550/)
      expect((await fetch(`${at}put.txt`, { method: 'PUT', body: 'put' })).status).toBe(204)
      expect(await (await fetch(`${at}put.txt`)).text()).toBe('put')
    })
  })
})

/** Counts NOOPs until the test is over. */
function saysNoop(): () => number {
  let count = 0
  const listen = (event: unknown): void => {
    if ((event as { command?: string }).command === 'NOOP') count++
  }
  subscribe('sluice:url', listen)
  onTestFinished(() => void unsubscribe('sluice:url', listen))
  return () => count
}

/** What one does with an FTP server. */
async function everyday(ftp: FtpClient, { root }: RunningFtp): Promise<void> {
  const onDisk = (path: string): string => readFileSync(join(root, path), 'utf8')
  expect(await ftp.pwd()).toBe('/')
  const found = (await ftp.list('pub')).find(({ name }) => name === 'hello.txt')
  expect(found).toMatchObject({ type: 'file', size: 14 })
  expect((await ftp.list('pub')).unread).toEqual([])
  expect(Math.abs((await ftp.modified('pub/hello.txt')).getTime() - Date.now())).toBeLessThan(
    90_000,
  )
  expect(await ftp.size('pub/hello.txt')).toBe(14)

  const content = new Uint8Array(300_000).map((_, i) => i * 7)
  expect(await ftp.write('pub/data.bin', content)).toBe(content.length)
  expect(Buffer.from(content).equals(await (await ftp.read('pub/data.bin')).bytes())).toBe(true)
  const rest = await (await ftp.read('pub/data.bin', { offset: 299_990 })).bytes()
  expect([...rest]).toEqual([...content.subarray(299_990)])

  await ftp.write('pub/data.txt', 'one\n')
  await ftp.write('pub/data.txt', 'two\n', { append: true })
  expect(onDisk('pub/data.txt')).toBe('one\ntwo\n')
  expect(await (await ftp.read('pub/data.txt', { type: 'ascii' })).text()).toBe('one\ntwo\n')

  await ftp.mkdir('pub/new')
  await ftp.cd('pub/new')
  expect(await ftp.pwd()).toBe('/pub/new')
  expect(await ftp.list()).toHaveLength(0)
  await ftp.write('ü ö.txt', 'x')
  expect(await ftp.names()).toEqual(['ü ö.txt'])
  await ftp.rename('ü ö.txt', 'plain.txt')
  await ftp.remove('plain.txt')
  await ftp.cd('..')
  await ftp.rmdir('new')
  await expect(ftp.read('nope.txt')).rejects.toMatchObject({ code: 'ERR_FTP_REPLY' })
  await expect(ftp.cd('nope')).rejects.toMatchObject({ reply: { code: 550 } })
  expect((await ftp.names()).map((name) => name.split('/').at(-1)).sort()).toEqual(
    ['data.bin', 'data.txt', 'hello.txt'].sort(),
  )
}
