// Claim: a body that comes is cheaper to take, whole and in one piece.
import { onNode, onOurs } from './bodies.mjs'

const SIZE = 1_048_576

// Both processes hold what a program holds: this package and four megabytes of objects. V8 frees large memory by cheap
// collections or by dear ones, and which of them depends on the heap around it: node:http alone in a process, with a heap
// that no program has, takes 0.4 of the time.
await import('@sluice/http')
globalThis.heap = Array.from({ length: 64_000 }, (_, i) => ({ a: i, b: i, c: i }))

const HEAD = `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${SIZE}\r\n\r\n`

export const claim = {
  what: 'uploads of 1 MiB, each taken whole into memory; keep-alive, 8 connections',
  unit: 'request',
  load: { kind: 'http', connections: 8, pipelined: 1, heads: [HEAD + 'x'.repeat(SIZE)] },
  candidates: {
    'node:http': onNode((request, response) => {
      const parts = []
      request.on('data', (part) => parts.push(part))
      request.on('end', () => {
        const text = String(Buffer.concat(parts).length)
        response.writeHead(200, { 'content-type': 'text/plain', 'content-length': text.length })
        response.end(text)
      })
    }),
    serve: onOurs(
      (Response) => async (request) =>
        new Response(String((await request.arrayBuffer()).byteLength)),
    ),
  },
  rows: [{ ours: 'serve', theirs: 'node:http', goal: { 20: 1.4, 26: 1.4 } }],
}
