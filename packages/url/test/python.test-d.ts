/** Python's usual programs, as a TypeScript user writes them: typeshed's types, and no cast. */
import type { http } from '@sluice/http/python'
import { ftplib, kw, http as url_http, urllib } from '@sluice/url/python'
import { expectTypeOf, it } from 'vitest'

type HTTPMessage = InstanceType<typeof http.client.HTTPMessage>

it('urlopen gives a response', async () => {
  const response = await urllib.request.urlopen('http://127.0.0.1/', null, 5)
  expectTypeOf(response.status).toEqualTypeOf<number>()
  expectTypeOf(response.url).toEqualTypeOf<string>()
  expectTypeOf(response.headers).toEqualTypeOf<HTTPMessage>()
  expectTypeOf(response.headers.get('Content-Type')).toEqualTypeOf<string | null>()
  expectTypeOf(response.info()).toEqualTypeOf<HTTPMessage>()
  expectTypeOf(response.getcode()).toEqualTypeOf<number>()
  expectTypeOf(response.geturl()).toEqualTypeOf<string>()
  expectTypeOf(await response.read()).toEqualTypeOf<Uint8Array>()
  expectTypeOf(await response.read(100)).toEqualTypeOf<Uint8Array>()
  expectTypeOf(await response.readline()).toEqualTypeOf<Uint8Array>()
  for await (const line of response) expectTypeOf(line).toEqualTypeOf<Uint8Array>()
  await response.close()
})

it('a block closes it', async () => {
  await using response = await urllib.request.urlopen('data:,hello')
  return response.read()
})

it('an opener gives the same', async () => {
  const jar = url_http.cookiejar.CookieJar()
  const opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
  opener.addheaders = [['User-Agent', 'mine']]
  const response = await opener.open('http://127.0.0.1/')
  expectTypeOf(await response.read()).toEqualTypeOf<Uint8Array>()
  for (const cookie of jar) expectTypeOf(cookie.name).toEqualTypeOf<string>()
})

it('a request has a method and fields', () => {
  const body = new TextEncoder().encode(urllib.parse.urlencode({ a: '1' }))
  const request = urllib.request.Request('http://h/', body, kw({ method: 'PUT' }))
  request.add_header('X-Mine', '1')
  expectTypeOf(request.get_method()).toEqualTypeOf<string>()
  expectTypeOf(request.get_header('X-mine')).toEqualTypeOf<string | null>()
  expectTypeOf(request.get_header('X-mine', 'none')).toEqualTypeOf<string>()
})

it('an error says why, and one of HTTP is a response', async () => {
  try {
    await urllib.request.urlopen('http://127.0.0.1/')
  } catch (error) {
    if (error instanceof urllib.error.HTTPError) {
      expectTypeOf(error.code).toEqualTypeOf<number>()
      expectTypeOf(error.headers).toEqualTypeOf<HTTPMessage>()
      expectTypeOf(await error.read()).toEqualTypeOf<Uint8Array>()
    } else if (error instanceof urllib.error.URLError)
      expectTypeOf(error.reason).toEqualTypeOf<string | Error>()
  }
})

it('FTP gives lists and lines', async () => {
  const ftp = ftplib.FTP()
  await ftp.connect('127.0.0.1', 2121)
  await ftp.login()
  expectTypeOf(await ftp.nlst()).toEqualTypeOf<string[]>()
  expectTypeOf(await ftp.pwd()).toEqualTypeOf<string>()
  expectTypeOf(await ftp.size('a')).toEqualTypeOf<number | null>()
  await ftp.retrbinary('RETR a', (data: Uint8Array) => data.length)
  await ftp.quit()
})

it('robots.txt answers', async () => {
  const robots = urllib.robotparser.RobotFileParser('http://h/robots.txt')
  await robots.read()
  expectTypeOf(robots.can_fetch('me', 'http://h/a')).toEqualTypeOf<boolean>()
})

it('what has no such parameter is found before it runs', () => {
  urllib.request.Request('http://h/', kw({ method: 'PUT', headers: { A: '1' } }))
  // @ts-expect-error keywords need their mark
  urllib.request.Request('http://h/', { method: 'PUT' })
  // @ts-expect-error text is no body
  urllib.request.Request('http://h/', 'text')
  // @ts-expect-error a URL has no parts here
  return urllib.request.urlopen(['h', 80])
})
