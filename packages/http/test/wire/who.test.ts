/** Who is there: names by SNI, certificates of clients, and where a client is who comes through a balancer. */
import { makeAuthority, makeCertificate } from '@sluice/socket/testing'
import { openTlsContext } from '@sluice/socket/tls'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Info,
  Response,
  request,
  type ServeOptions,
  type Server,
  serve,
} from '../../src/index.ts'
import { RawClient } from './raw.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function server(answer: (info: Info) => string, options: ServeOptions): Promise<Server> {
  const made = await serve((_request, info) => new Response(answer(info)) as never, options)
  open.push(made)
  return made
}

const ca = makeAuthority()
const issued = (name: string) => makeCertificate({ name, issuer: ca, names: [name, '127.0.0.1'] })
const pem = ({ cert, key }: { cert: string; key: string }) => ({ cert, key })
const portOf = ({ address }: Server) => (address as { port: number }).port

describe('TLS', () => {
  it('SNI: each name has its certificate, and one is exchanged while the others stay', async () => {
    const contexts = new Map(
      ['a.test', 'b.test'].map((name) => [name, openTlsContext(pem(issued(name)))]),
    )
    const { url } = await server(({ tls }) => `for ${tls?.serverName}`, {
      tls: { ...pem(issued('default.test')), sni: (name) => contexts.get(name) },
    })
    const ask = async (serverName: string) =>
      (await request(url, { tls: { ca: ca.cert, serverName } })).text()
    for (const name of ['a.test', 'b.test', 'default.test'])
      expect(await ask(name)).toBe(`for ${name}`)
    await expect(ask('c.test')).rejects.toThrow(/certificate/)
    contexts.get('a.test')?.reload(pem(issued('other.test')))
    await expect(ask('a.test')).rejects.toThrow(/certificate/)
    expect(await ask('b.test')).toBe('for b.test')
  })

  it('mutual TLS: the handler knows the certificate, and nobody comes without one', async () => {
    let asked = 0
    const { url } = await server(
      ({ tls }) => `${++asked} ${tls?.authorized} ${tls?.peerCertificate?.subject['CN']}`,
      { tls: { ...pem(issued('server')), ca: ca.cert, clientCertificate: 'require' } },
    )
    const trust = { ca: ca.cert }
    const known = { ...trust, ...pem(issued('Ada')) }
    expect(await (await request(url, { tls: known })).text()).toBe('1 true Ada')
    const stranger = makeCertificate({ name: 'Eve', issuer: makeAuthority('Another CA') })
    for (const tls of [trust, { ...trust, ...pem(stranger) }])
      await expect(request(url, { tls })).rejects.toThrow()
    expect(asked).toBe(1)
  })
})

describe('the PROXY protocol', () => {
  const GET = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
  const where = ({ remoteAddress }: Info) => {
    const { hostname, port } = remoteAddress as { hostname: string; port: number }
    return `from ${hostname}:${port}`
  }
  const talk = async (from: string[], text: string) => {
    const made = await server(where, { listen: { proxyProtocol: { from } } })
    const client = new RawClient(portOf(made)).send(text)
    open.push({ close: () => client.destroy() })
    return client.closed()
  }

  it('tells where a client is who comes through a balancer', async () => {
    const said = await talk(['127.0.0.0/8'], `PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n${GET}`)
    expect(said).toMatch(/\r\n\r\nfrom 192\.0\.2\.7:4711$/)
  })
  it('is required of a balancer, and no part of HTTP from anybody else', async () => {
    expect(await talk(['127.0.0.0/8'], GET)).toBe('')
    const claimed = `PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n${GET}`
    expect(await talk(['10.0.0.0/8'], claimed)).toMatch(/^HTTP\/1\.1 400 /)
  })
})
