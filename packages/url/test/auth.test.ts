import { createHash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Response } from '@sluice/http'
import { afterAll, describe, expect, test } from 'vitest'
import { parseChallenges } from '../src/core/challenge.ts'
import { Client, fetch } from '../src/index.ts'
import { client, server } from './kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-auth-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ADA = { username: 'ada', password: 'lovelace' }
const BASIC = `Basic ${btoa('ada:lovelace')}`

/** Says which Authorization it was sent; `?to=` redirects. */
const echo = (request: Request): Response => {
  const to = new URL(request.url).searchParams.get('to')
  const init = to === null ? {} : { status: 302, headers: { Location: to } }
  return new Response(request.headers.get('authorization') ?? 'none', init)
}

/** Wants Digest for ada, and counts: a nonce is good for `uses` requests. */
async function digestServer({
  algorithm = 'MD5',
  uses = 1000,
  more = '',
  stale = true,
  info = false,
} = {}) {
  const log: string[] = []
  let nonce = 'n0'
  let used = 0
  /** What the secret of a session is bound to, by nonce: the first cnonce that came with it (RFC 7616 §3.4.2). */
  const bound = new Map<string, string>()
  const hash = (text: string) =>
    createHash(algorithm.startsWith('SHA-256') ? 'sha256' : 'md5')
      .update(text)
      .digest('hex')
  const made = await server(async (request) => {
    const { pathname, search } = new URL(request.url)
    const body = await request.text()
    const [challenge] = parseChallenges(request.headers.get('authorization') ?? '')
    const get = (name: string) => challenge?.parameters.get(name) ?? ''
    const user = hash(`ada:realm:lovelace`)
    if (!bound.has(get('nonce'))) bound.set(get('nonce'), get('cnonce'))
    const session = hash(`${user}:${nonce}:${bound.get(nonce)}`)
    const secret = algorithm.endsWith('-sess') ? session : user
    const right = hash(
      `${secret}:${nonce}:${get('nc')}:${get('cnonce')}:auth:${hash(`${request.method}:${pathname}${search}`)}`,
    )
    const isNonce = get('nonce') === nonce && used < uses
    log.push(
      challenge === undefined ? 'nothing' : `${get('nonce')} ${Number.parseInt(get('nc'), 16)}`,
    )
    if (isNonce && get('response') === right && get('uri') === pathname + search) {
      used++
      const headers: Record<string, string> = {}
      if (info) {
        nonce = `i${used}`
        headers['Authentication-Info'] = `qop=auth, nextnonce="${nonce}"`
      }
      return new Response(`hello ${body}`, { headers })
    }
    const isOld = challenge !== undefined && !isNonce
    if (isOld) {
      nonce = `n${log.length}`
      used = 0
    }
    const field = `${more}Digest realm="realm", qop="auth", algorithm=${algorithm}, nonce="${nonce}"`
    const tail = isOld && stale ? ', stale=true' : ''
    return new Response('who?', { status: 401, headers: { 'WWW-Authenticate': field + tail } })
  })
  return { url: made.url, log }
}

describe('Basic and Bearer', () => {
  test('go along at once, to the origin of the URL', async () => {
    const { url } = await server(echo)
    expect(await (await fetch(url, { auth: ADA })).text()).toBe(BASIC)
    expect(await (await fetch(url, { auth: { bearer: 'abc.def' } })).text()).toBe('Bearer abc.def')
    expect(await (await fetch(url)).text()).toBe('none')
  })

  test('UTF-8 in base64', async () => {
    const { url } = await server(echo)
    const auth = { username: 'Ċ', password: 'pé' }
    expect(await (await fetch(url, { auth })).text()).toBe(
      `Basic ${Buffer.from('Ċ:pé').toString('base64')}`,
    )
  })

  test('a field of the program wins', async () => {
    const { url } = await server(echo)
    const response = await fetch(url, { auth: ADA, headers: { Authorization: 'mine' } })
    expect(await response.text()).toBe('mine')
  })

  test('a wrong password is a 401, asked once', async () => {
    let asked = 0
    const { url } = await server(() => {
      asked++
      return new Response('no', { status: 401, headers: { 'WWW-Authenticate': 'Basic realm=x' } })
    })
    expect((await fetch(url, { auth: ADA })).status).toBe(401)
    expect((await fetch(url, { auth: { bearer: 'x' } })).status).toBe(401)
    expect(asked).toBe(2)
  })
})

describe('another origin', () => {
  test.each([['basic'], ['digest'], ['any']] as const)(
    'gets nothing of %s credentials',
    async (scheme) => {
      const seen: (string | null)[] = []
      const other = await server((request) => {
        seen.push(request.headers.get('authorization'))
        return new Response('x', {
          status: 401,
          headers: { 'WWW-Authenticate': 'Basic realm=x, Digest realm=x, nonce=n' },
        })
      })
      const { url } = await server(echo)
      expect((await fetch(`${url}?to=${other.url}`, { auth: { ...ADA, scheme } })).status).toBe(401)
      const one = client({ base: url, auth: { ...ADA, scheme } })
      await one.fetch(other.url)
      // The same port by another name is another origin, too.
      const name = url.replace('127.0.0.1', 'localhost')
      expect(await (await one.fetch(name)).text()).toBe('none')
      expect(seen).toEqual([null, null])
    },
  )

  test('gets nothing of what a function gave without looking', async () => {
    const { url } = await server(echo)
    const other = await server(echo)
    const auth = () => ({ bearer: 'secret' })
    expect(await (await fetch(url, { auth })).text()).toBe('Bearer secret')
    expect(await (await fetch(`${url}?to=${other.url}`, { auth })).text()).toBe('none')
  })

  test('may be named', async () => {
    const { url } = await server(echo)
    const one = client({ auth: { ...ADA, origin: url } })
    expect(await (await one.fetch(url)).text()).toBe(BASIC)
    expect(await (await one.fetch(url.replace('127.0.0.1', 'localhost'))).text()).toBe('none')
    expect(() => new Client({ auth: ADA })).toThrow(/auth needs an origin, or the client a base/)
    expect(() => new Client({ auth: { ...ADA, origin: 'x' } })).toThrow(/auth.origin is no URL/)
  })
})

describe('Digest', () => {
  test.each(['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'])(
    '%s: is asked once, and counts from then on',
    async (algorithm) => {
      const { url, log } = await digestServer({ algorithm })
      const one = client({ base: url, auth: { ...ADA, scheme: 'digest' } })
      for (const path of ['a', 'b?c=d', 'e'])
        expect(await (await one.fetch(path)).text()).toBe('hello ')
      expect(log).toEqual(['nothing', 'n0 1', 'n0 2', 'n0 3'])
    },
  )

  test('a nonce that grew old is no wrong password, said or not', async () => {
    for (const stale of [true, false]) {
      const { url, log } = await digestServer({ uses: 1, stale })
      const one = client({ base: url, auth: { ...ADA, scheme: 'digest' } })
      for (let i = 0; i < 3; i++) expect((await one.fetch('')).status).toBe(200)
      expect(log).toEqual(['nothing', 'n0 1', 'n0 2', 'n3 1', 'n3 2', 'n5 1'])
    }
  })

  test('the next nonce is taken from Authentication-Info', async () => {
    const { url, log } = await digestServer({ info: true })
    const one = client({ base: url, auth: { ...ADA, scheme: 'digest' } })
    for (let i = 0; i < 3; i++) await (await one.fetch('')).text()
    expect(log).toEqual(['nothing', 'n0 1', 'i1 1', 'i2 1'])
  })

  test('a wrong password is a 401 after one try', async () => {
    const { url, log } = await digestServer()
    const auth = { username: 'ada', password: 'wrong', scheme: 'digest' } as const
    expect((await fetch(url, { auth })).status).toBe(401)
    expect(log).toEqual(['nothing', 'n0 1'])
  })

  test('is preferred to Basic by `any`, and Basic is taken where nothing else is offered', async () => {
    const { url, log } = await digestServer({ more: 'Basic realm=x, ' })
    expect(await (await fetch(url, { auth: { ...ADA, scheme: 'any' } })).text()).toBe('hello ')
    expect(log).toEqual(['nothing', 'n0 1'])
    const seen: string[] = []
    const plain = await server((request) => {
      const field = request.headers.get('authorization')
      seen.push(field ?? 'none')
      const init =
        field === null ? { status: 401, headers: { 'WWW-Authenticate': 'Basic realm=x' } } : {}
      return new Response('', init)
    })
    const one = client({ base: plain.url, auth: { ...ADA, scheme: 'any' } })
    for (let i = 0; i < 2; i++) expect((await one.fetch('')).status).toBe(200)
    expect(seen).toEqual(['none', BASIC, BASIC])
  })

  test('never sends a password where only Basic is offered', async () => {
    const { url } = await server(
      (request) =>
        new Response(request.headers.get('authorization') ?? 'none', {
          status: 401,
          headers: { 'WWW-Authenticate': 'Basic realm=x' },
        }),
    )
    const response = await fetch(url, { auth: { ...ADA, scheme: 'digest' } })
    expect([response.status, await response.text()]).toEqual([401, 'none'])
  })

  test('sends a body again, or says why it can not', async () => {
    const { url } = await digestServer()
    const auth = { ...ADA, scheme: 'digest' } as const
    expect(await (await fetch(url, { auth, method: 'POST', body: 'x' })).text()).toBe('hello x')
    const stream = () => new Response('y').body as ReadableStream<Uint8Array<ArrayBuffer>>
    expect(await (await fetch(url, { auth, method: 'POST', body: stream })).text()).toBe('hello y')
    await expect(fetch(url, { auth, method: 'POST', body: stream() })).rejects.toThrow(
      /^POST .*: the server asks for credentials, and the body can be sent only once; .*ERR_BODY_SENT, phase auth/,
    )
  })
})

test('a function gets new credentials when the old ones are refused', async () => {
  const { url } = await server((request) =>
    request.headers.get('authorization') === 'Bearer new'
      ? new Response('in')
      : new Response('', {
          status: 401,
          headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
        }),
  )
  const asked: string[] = []
  const one = client({
    base: url,
    auth: async ({ url: where, challenges }) => {
      asked.push(`${where.pathname} ${challenges[0]?.parameters.get('error') ?? ''}`)
      return { bearer: challenges.length === 0 ? 'old' : 'new' }
    },
  })
  expect(await (await one.fetch('x')).text()).toBe('in')
  expect(asked).toEqual(['/x ', '/x invalid_token'])
  await expect(fetch(url, { auth: () => ({ bearer: '\n' }) })).rejects.toThrow(
    /auth.bearer is no token/,
  )
  await expect(client({ auth: () => ADA }).fetch(url)).rejects.toThrow(/need an origin/)
  expect((await fetch(url, { auth: () => undefined })).status).toBe(401)
})

describe('.netrc', () => {
  const path = join(folder, 'netrc')
  test('has a password for its machines, and its default for none that a redirect chose', async () => {
    writeFileSync(
      path,
      'machine 127.0.0.1 login ada password lovelace\ndefault login any password x\n',
    )
    const { url } = await server(echo)
    const one = client({ base: url.replace('127.0.0.1', 'localhost'), auth: { netrc: path } })
    expect(await (await one.fetch('')).text()).toBe(`Basic ${btoa('any:x')}`)
    expect(await (await one.fetch(url)).text()).toBe(BASIC)
    expect(
      await (
        await fetch(`${url}?to=${url.replace('127.0.0.1', 'localhost')}`, { auth: { netrc: path } })
      ).text(),
    ).toBe('none')
  })

  test('gives nothing to another port of its machine, whatever the fetch began with', async () => {
    writeFileSync(path, 'machine 127.0.0.1 login ada password lovelace\n')
    const { url } = await server(echo)
    const { url: other } = await server(echo)
    const auth = { netrc: path }
    for (const headers of [{}, { Authorization: 'Bearer own' }])
      expect(await (await fetch(`${url}?to=${other}`, { auth, headers })).text()).toBe('none')
  })

  test('that is none is told without what is in it', async () => {
    writeFileSync(path, 'machine h login\n secret password x secret')
    const { url } = await server(echo)
    await expect(fetch(url, { auth: { netrc: path } })).rejects.toThrow(
      /netrc: no .netrc: line 2 has a word/,
    )
    await expect(fetch(url, { auth: { netrc: join(folder, 'none') } })).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })

  test.skipIf(process.platform === 'win32')(
    'of the user is believed only where nobody else may read it',
    async () => {
      const before = process.env['NETRC']
      process.env['NETRC'] = path
      try {
        writeFileSync(path, 'machine 127.0.0.1 login ada password lovelace\n')
        chmodSync(path, 0o644)
        const { url } = await server(echo)
        await expect(fetch(url, { auth: { netrc: true } })).rejects.toThrow(
          /others may read its passwords/,
        )
        chmodSync(path, 0o600)
        expect(await (await fetch(url, { auth: { netrc: true } })).text()).toBe(BASIC)
        process.env['NETRC'] = join(folder, 'none')
        expect(await (await fetch(url, { auth: { netrc: true } })).text()).toBe('none')
      } finally {
        if (before === undefined) delete process.env['NETRC']
        else process.env['NETRC'] = before
      }
    },
  )
})

test('what is told has schemes, and no secrets', async () => {
  const { url } = await digestServer()
  const events: unknown[] = []
  const listen = (event: unknown) => void events.push(event)
  for (const layer of ['url', 'http']) subscribe(`sluice:${layer}`, listen)
  await (await fetch(url, { auth: ADA })).text()
  await (await fetch(url, { auth: { ...ADA, scheme: 'digest' } })).text()
  for (const layer of ['url', 'http']) unsubscribe(`sluice:${layer}`, listen)
  const told = JSON.stringify(events)
  expect(told).toMatch(/"name":"auth","url":"[^"]*","scheme":"Digest"/)
  expect(told).not.toContain('lovelace')
  expect(told).not.toContain(BASIC.slice(6))
})
