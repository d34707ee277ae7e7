/** Python's usual programs, as a TypeScript user writes them: typeshed's types, and no cast. */
import { http } from '@sluice/http/python'
import { kw } from '@sluice/socket/python'
import { expectTypeOf, it } from 'vitest'

type HTTPMessage = InstanceType<typeof http.client.HTTPMessage>

it('a response has a status, fields and bytes', async () => {
  const connection = http.client.HTTPConnection('127.0.0.1', 8080)
  await connection.request('GET', '/')
  const response = await connection.getresponse()
  expectTypeOf(response.status).toEqualTypeOf<number>()
  expectTypeOf(response.reason).toEqualTypeOf<string>()
  expectTypeOf(response.version).toEqualTypeOf<number>()
  expectTypeOf(response.headers).toEqualTypeOf<HTTPMessage>()
  expectTypeOf(response.msg).toEqualTypeOf<HTTPMessage>()
  expectTypeOf(response.getheader('Content-Type')).toEqualTypeOf<string | null>()
  expectTypeOf(response.getheader('Content-Type', 'text/plain')).toEqualTypeOf<string>()
  expectTypeOf(await response.read()).toEqualTypeOf<Uint8Array>()
  expectTypeOf(response.length).toEqualTypeOf<number | null>()
  expectTypeOf(response.info().get_content_charset()).toEqualTypeOf<string | null>()
})

it('fields are text, or what is to stand for none', () => {
  const fields = http.client.HTTPMessage()
  expectTypeOf(fields.get('Host')).toEqualTypeOf<string | null>()
  expectTypeOf(fields.get('Content-Length', 0)).toEqualTypeOf<string | number>()
  expectTypeOf(fields.get_all('Via')).toEqualTypeOf<string[] | null>()
  expectTypeOf(fields.get_all('Via', [])).toExtend<string[]>()
  expectTypeOf(fields.get_content_charset()).toEqualTypeOf<string | null>()
  expectTypeOf(fields.get_filename()).toEqualTypeOf<string | null>()
})

it('a handler reads a form', () => {
  class Form extends http.server.BaseHTTPRequestHandler {
    async do_POST() {
      const length = Number(this.headers.get('Content-Length', 0))
      const body = await this.rfile.read(length)
      expectTypeOf(body).toEqualTypeOf<Uint8Array>()
      const [host] = this.client_address
      this.send_response(http.HTTPStatus.OK)
      this.send_header('Content-Length', String(body.length))
      await this.end_headers()
      await this.wfile.write(body)
      this.log_message('%s from %s', this.path, host)
    }
  }
  class Quiet extends Form {
    override log_request(_code?: number | string) {}
    override async send_error(code: number, message?: string | null) {
      await super.send_error(code, message ?? 'no')
    }
  }
  return http.server.ThreadingHTTPServer(['127.0.0.1', 0], Quiet)
})

it('a cookie has attributes', () => {
  const cookies = http.cookies.SimpleCookie('a=1')
  expectTypeOf(cookies.__getitem__('a').value).toEqualTypeOf<string>()
})

it('what has no such parameter is found before it runs', async () => {
  const connection = http.client.HTTPConnection('127.0.0.1', kw({ timeout: 5 }))
  await connection.request(
    'PUT',
    '/',
    new Uint8Array(1),
    { 'X-A': '1' },
    kw({ encode_chunked: true }),
  )
  // @ts-expect-error a body is no number
  await connection.request('PUT', '/', 5)
  // @ts-expect-error keywords need their mark
  await connection.request('PUT', '/', { headers: {} })
})
