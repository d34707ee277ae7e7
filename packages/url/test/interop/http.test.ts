import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Response, serve } from '@sluice/http'
import { makeAuthority, makeCertificate } from '@sluice/socket/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { download } from '../../src/download.ts'
import { Client, type ClientOptions, fetch } from '../../src/index.ts'
import { ftpServer } from '../../src/testing.ts'
import { hasPeer, PASSWORD, type Peer, startPeer, USER } from './http-peers.ts'

const PEERS = ['nginx', 'apache', 'squid', 'tinyproxy'] as const
const missing = PEERS.filter((name) => !hasPeer(name))
if (missing.length > 0 && process.env['REQUIRE_PEERS'])
  throw new Error(`REQUIRE_PEERS is set, and ${missing.join(', ')} is not here, or we are not root`)

const ME = { username: USER, password: PASSWORD }
function client(options: ClientOptions): Client {
  const made = new Client(options)
  onTestFinished(() => made.destroy())
  return made
}
/** Ours, behind a proxy, in the clear and in TLS. */
async function targets() {
  const authority = makeAuthority()
  const leaf = makeCertificate({ name: 'leaf', names: ['127.0.0.1'], issuer: authority })
  const answer = (() => new Response('through')) as never
  const plain = await serve(answer)
  const secure = await serve(answer, { tls: { cert: leaf.cert, key: leaf.key } })
  onTestFinished(async () => {
    await plain.close()
    await secure.close()
  })
  return { urls: [plain.url, secure.url], tls: { ca: authority.cert } }
}
const through = ({ port }: Peer, user: string, password: string) =>
  `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}`

describe.skipIf(!hasPeer('nginx'))('nginx', { timeout: 30_000 }, () => {
  test('a download goes on where it ended, and a changed file is noticed', async () => {
    const { port, folder } = await startPeer('nginx')
    const path = join(mkdtempSync(join(tmpdir(), 'sluice-to-')), 'file')
    onTestFinished(() => rmSync(join(path, '..'), { recursive: true }))
    const url = `http://127.0.0.1:${port}/slow/big`
    const write = (data: Buffer, seconds: number) => {
      writeFileSync(join(folder, 'big'), data)
      utimesSync(join(folder, 'big'), seconds, seconds)
    }
    const [first, second] = [randomBytes(1_000_000), randomBytes(900_000)]
    const breakOff = async () => {
      const stop = new AbortController()
      const onProgress = ({ bytes }: { bytes: number }) =>
        bytes > 50_000 && stop.abort(new Error('enough'))
      await expect(download(url, path, { signal: stop.signal, onProgress })).rejects.toThrow(
        'enough',
      )
    }
    write(first, 1000)
    await breakOff()
    const { resumedAt } = await download(url, path)
    expect(resumedAt).toBeGreaterThan(50_000)
    expect(readFileSync(path).equals(first)).toBe(true)
    await breakOff()
    write(second, 2000)
    expect((await download(url, path)).resumedAt).toBe(0)
    expect(readFileSync(path).equals(second)).toBe(true)
  })

  test('Basic, at once and when asked, with a realm that has a comma', async () => {
    const { port, folder } = await startPeer('nginx')
    writeFileSync(join(folder, 'x'), 'in')
    const url = `http://127.0.0.1:${port}/basic/x`
    for (const scheme of ['basic', 'any'] as const)
      expect(await (await fetch(url, { auth: { ...ME, scheme } })).text()).toBe('in')
    expect((await fetch(url, { auth: { ...ME, password: 'wrong' } })).status).toBe(401)
    expect((await fetch(url, { auth: { ...ME, scheme: 'digest' } })).status).toBe(401)
  })
})

describe.skipIf(!hasPeer('apache'))('apache', { timeout: 30_000 }, () => {
  test('Digest: counts, survives an old nonce, and knows a wrong password', async () => {
    const { port, folder } = await startPeer('apache')
    writeFileSync(join(folder, 'x'), 'in')
    const one = client({ base: `http://127.0.0.1:${port}/`, auth: { ...ME, scheme: 'digest' } })
    for (let i = 0; i < 3; i++) expect(await (await one.fetch('x?a=b')).text()).toBe('in')
    // A nonce lives for a second here.
    await new Promise((resolve) => setTimeout(resolve, 2100))
    expect(await (await one.fetch('x')).text()).toBe('in')
    const auth = { ...ME, password: 'wrong', scheme: 'any' } as const
    expect((await fetch(`http://127.0.0.1:${port}/x`, { auth })).status).toBe(401)
  })
})

describe.skipIf(!hasPeer('squid'))('squid', { timeout: 60_000 }, () => {
  test('Digest for what it forwards and for what it tunnels', async () => {
    const peer = await startPeer('squid')
    const { urls, tls } = await targets()
    const one = client({ proxy: through(peer, USER, PASSWORD), tls })
    for (const url of [...urls, ...urls])
      expect([url, await (await one.fetch(url)).text()]).toEqual([url, 'through'])
    const wrong = client({ proxy: through(peer, USER, 'wrong'), tls })
    expect((await wrong.fetch(urls[0] as string)).status).toBe(407)
    await expect(wrong.fetch(urls[1] as string)).rejects.toMatchObject({ code: 'ERR_PROXY_AUTH' })
  })
})

describe.skipIf(!hasPeer('tinyproxy'))('tinyproxy', { timeout: 30_000 }, () => {
  test('Basic for what it forwards and for what it tunnels', async () => {
    const peer = await startPeer('tinyproxy')
    const { urls, tls } = await targets()
    const one = client({ proxy: through(peer, USER, 'secret'), tls })
    for (const url of [...urls, ...urls])
      expect([url, await (await one.fetch(url)).text()]).toEqual([url, 'through'])
    const ftp = await ftpServer({ files: { x: 'through' } })
    onTestFinished(() => ftp.close())
    expect(await (await one.fetch(`${ftp.url}x`)).text()).toBe('through')
    const wrong = client({ proxy: through(peer, USER, 'wrong'), tls })
    expect([401, 407]).toContain((await wrong.fetch(urls[0] as string)).status)
    await expect(wrong.fetch(urls[1] as string)).rejects.toMatchObject({ phase: 'proxy' })
  })
})
