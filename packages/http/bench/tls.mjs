// Claim: TLS costs the same for both; what is around it does not.
import { createServer } from 'node:https'

const certificate = async () => {
  const { makeCertificate } = await import('@sluice/socket/testing')
  const { cert, key } = makeCertificate({ name: 'localhost', names: ['localhost', '127.0.0.1'] })
  return { cert, key }
}

export const claim = {
  what: 'hello over TLS, keep-alive, 64 connections',
  unit: 'request',
  load: { kind: 'http', connections: 64, pipelined: 1, tls: true },
  candidates: {
    'node:https': async () => {
      const server = createServer(await certificate(), (_request, response) => {
        response.writeHead(200, {
          'content-type': 'text/plain;charset=UTF-8',
          'content-length': 13,
        })
        response.end('Hello, World!')
      })
      return new Promise((resolve) => {
        server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))
      })
    },
    serve: async () => {
      const { Response, serve } = await import('@sluice/http')
      const server = await serve(() => new Response('Hello, World!'), { tls: await certificate() })
      return server.address.port
    },
  },
  rows: [{ ours: 'serve', theirs: 'node:https', goal: { 20: 1.5, 26: 1.35 } }],
}
