// The servers that the HTTP claims compare: the same response, thirteen bytes of text with a date.
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'

export const HELLO = {
  'node:http': () =>
    new Promise((resolve) => {
      const server = createHttpServer((_request, response) => {
        response.writeHead(200, {
          'content-type': 'text/plain;charset=UTF-8',
          'content-length': 13,
        })
        response.end('Hello, World!')
      })
      server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))
    }),

  serve: async () => {
    const { Response, serve } = await import('@sluice/http')
    const server = await serve(() => new Response('Hello, World!'))
    return server.address.port
  },
}

/** Reads nothing and answers every read with the same bytes: what Node's sockets allow at most. */
export const CANNED = () =>
  new Promise((resolve) => {
    const fields = 'content-type: text/plain;charset=UTF-8\r\ncontent-length: 13'
    const reply = `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\n${fields}\r\n\r\nHello, World!`
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', () => socket.write(reply, 'latin1'))
    })
    server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))
  })

/** What a browser sends, some 590 bytes; no two are alike, so that nothing can be remembered of the last one. */
export const BROWSER_HEADS = Array.from({ length: 512 }, (_, i) => {
  const id = (i * 2_654_435_761) % 4_294_967_296
  const session = id.toString(16).padStart(8, '0').repeat(4)
  return [
    `GET /articles/${id}/pictures?page=${i}&size=large HTTP/1.1`,
    'Host: 127.0.0.1:8080',
    'Connection: keep-alive',
    'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"',
    'sec-ch-ua-mobile: ?0',
    'sec-ch-ua-platform: "Linux"',
    'Upgrade-Insecure-Requests: 1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
    `Cookie: session=${session}; seen=${i}`,
    '\r\n',
  ].join('\r\n')
})
