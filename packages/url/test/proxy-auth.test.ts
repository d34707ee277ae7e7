import { createHash } from 'node:crypto'
import { request as httpRequest, type Info, Response, type Server, serve } from '@sluice/http'
import { connect } from '@sluice/socket'
import { makeAuthority, makeCertificate } from '@sluice/socket/testing'
import { expect, test } from 'vitest'
import { parseChallenges } from '../src/core/challenge.ts'
import { client, open } from './kit.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** A proxy that wants Digest for ada; it forwards what is in the clear, and tunnels the rest. */
async function proxy() {
  const log: string[] = []
  const isProved = ({ method, headers }: Request, target: string): boolean => {
    const [challenge] = parseChallenges(headers.get('proxy-authorization') ?? '')
    const get = (name: string) => challenge?.parameters.get(name) ?? ''
    log.push(`${method} ${challenge?.scheme ?? 'nothing'} ${get('nc')}`.trim())
    const proof = `n:${get('nc')}:${get('cnonce')}:auth:${md5(`${method}:${target}`)}`
    return (
      get('uri') === target && get('response') === md5(`${md5('ada:proxy:love:lace')}:${proof}`)
    )
  }
  const handler = async (request: Request, info: Info): Promise<Response> => {
    const target = info.target
    if (!isProved(request, target)) {
      const headers = {
        'Proxy-Authenticate': 'Digest realm="proxy", nonce="n", qop="auth"',
      }
      return new Response('who?', { status: 407, headers })
    }
    if (request.method !== 'CONNECT') return (await httpRequest(target)) as Response
    const [hostname = '', port] = target.split(':')
    return info.upgrade(async (stream) => {
      const there = await connect({ hostname, port: Number(port) })
      const pump = async (from: typeof stream, to: typeof stream) => {
        for await (const bytes of from) await to.sendAll(bytes)
        await to.close()
      }
      await Promise.allSettled([pump(stream, there), pump(there, stream)])
    }) as unknown as Response
  }
  const made: Server = await serve(handler as never, { tunnels: true } as never)
  open.push(made)
  const { port } = made.address as { port: number }
  return { url: `http://ada:love%3Alace@127.0.0.1:${port}`, log }
}

test('a forwarding proxy gets Digest where it asks for it, and nothing else from then on', async () => {
  const way = await proxy()
  const to = await serve(() => new Response('through') as unknown as globalThis.Response)
  open.push(to)
  const one = client({ proxy: way.url })
  for (const path of ['a?b', 'c'])
    expect(await (await one.fetch(to.url + path)).text()).toBe('through')
  expect(way.log).toEqual(['GET Basic', 'GET Digest 00000001', 'GET Digest 00000002'])
})

test('so does the only one of a list', async () => {
  const way = await proxy()
  const to = await serve(() => new Response('through') as unknown as globalThis.Response)
  open.push(to)
  const one = client({ proxy: [way.url] })
  expect(await (await one.fetch(to.url)).text()).toBe('through')
  expect(way.log.at(-1)).toMatch(/^GET Digest/)
})

test('so does one that tunnels', async () => {
  const way = await proxy()
  const authority = makeAuthority()
  const leaf = makeCertificate({ name: 'leaf', names: ['127.0.0.1'], issuer: authority })
  const to = await serve(() => new Response('through') as unknown as globalThis.Response, {
    tls: { cert: leaf.cert, key: leaf.key },
  })
  open.push(to)
  const tls = { ca: authority.cert }
  expect(await (await client({ proxy: way.url, tls }).fetch(to.url)).text()).toBe('through')
  expect(await (await client({ proxy: way.url, tls }).fetch(to.url)).text()).toBe('through')
  expect(way.log).toEqual(['CONNECT Basic', 'CONNECT Digest 00000001', 'CONNECT Digest 00000002'])
})

test('a wrong password is told, without it', async () => {
  const way = await proxy()
  const wrong = way.url.replace('lace', 'wrong')
  const response = await client({ proxy: wrong }).fetch('http://127.0.0.1:9/')
  expect(response.status).toBe(407)
  const fetching = client({ proxy: wrong }).fetch('https://127.0.0.1:9/')
  await expect(fetching).rejects.toMatchObject({ code: 'ERR_PROXY_AUTH' })
  await expect(fetching).rejects.not.toThrow(/wrong|love/)
})
