// SOCKS servers of others, in front of what each scheme talks to.
import { Response, serve } from '@sluice/http'
import { makeAuthority, makeCertificate } from '@sluice/socket/testing'
import { expect, onTestFinished, test } from 'vitest'
import { describeWith, file, folder, startServer } from '../../../../scripts/interop/peer.ts'
import { fetch } from '../../src/index.ts'
import { ftpServer } from '../../src/testing.ts'
import { client } from '../kit.ts'

/** The same words behind each scheme, under a name that only one family has. */
async function targets() {
  const authority = makeAuthority()
  const leaf = makeCertificate({ name: 'leaf', names: ['localhost'], issuer: authority })
  const answer = (() => new Response('through')) as never
  const servers = [
    await serve(answer),
    await serve(answer, { tls: { cert: leaf.cert, key: leaf.key } }),
    await ftpServer({ files: { x: 'through' } }),
  ]
  onTestFinished(async () => {
    for (const server of servers) await server.close()
  })
  const urls = servers.map(({ url }) => `${url}x`.replace('127.0.0.1', 'localhost'))
  return { urls, tls: { ca: authority.cert } }
}

/** What is there, by way of a proxy; what of it is kept is used twice. */
async function textsThrough(proxy: string): Promise<string[]> {
  const { urls, tls } = await targets()
  const one = client({ proxy, tls, family: 4 })
  const texts: string[] = []
  for (const url of [...urls, ...urls]) texts.push(await (await one.fetch(url)).text())
  return texts
}
const THROUGH = Array.from({ length: 6 }, () => 'through')

describeWith(['microsocks'], 'microsocks', () => {
  const start = (...more: string[]) =>
    startServer('microsocks', (port) => ['-i', '127.0.0.1', '-p', String(port), ...more])

  test.each(['socks5', 'socks5h'])('http:, https: and ftp: by %s', async (kind) => {
    const { port } = await start()
    expect(await textsThrough(`${kind}://127.0.0.1:${port}`)).toEqual(THROUGH)
  })

  test('with a password, which a refusal does not show', async () => {
    const { port } = await start('-u', 'ada', '-P', 'love:lace@1')
    const password = encodeURIComponent('love:lace@1')
    expect(await textsThrough(`socks5h://ada:${password}@127.0.0.1:${port}`)).toEqual(THROUGH)
    const { urls } = await targets()
    for (const user of ['', 'ada:wrong-one@']) {
      const proxy = `socks5h://${user}127.0.0.1:${port}`
      for (const url of urls) {
        const failed = await fetch(url, { proxy }).catch((error: unknown) => error)
        expect(failed).toMatchObject({ code: 'ERR_PROXY_AUTH', phase: 'proxy' })
        expect((failed as Error).message).not.toContain('wrong-one')
      }
    }
  })
})

describeWith(['danted'], 'dante', () => {
  async function start() {
    const where = folder()
    const config = (port: number) => `logoutput: stderr
internal: 127.0.0.1 port = ${port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass { from: 0/0 to: 0/0 }
socks block { from: 0/0 to: 127.0.0.9/32 }
socks pass { from: 0/0 to: 0/0 protocol: tcp }
`
    return startServer('danted', (port) => ['-f', file(where, 'danted.conf', config(port))])
  }

  test.each(['socks4', 'socks5', 'socks5h'])('http:, https: and ftp: by %s', async (kind) => {
    const { port } = await start()
    expect(await textsThrough(`${kind}://127.0.0.1:${port}`)).toEqual(THROUGH)
  })

  test('a rule of its own is told as that', async () => {
    const { port } = await start()
    const proxy = `socks5://127.0.0.1:${port}`
    await expect(fetch('http://127.0.0.9:1/', { proxy })).rejects.toMatchObject({
      code: 'ERR_PROXY',
      phase: 'proxy',
      message: expect.stringContaining('not allowed by ruleset'),
    })
  })
})
