// Claim: where the bytes are what costs, it is still less.
import { onNode, onOurs } from './bodies.mjs'

const BODY = Buffer.alloc(102_400, 'x')
const type = 'application/octet-stream'

export const claim = {
  what: 'a body of 100 KiB; keep-alive, 64 connections',
  unit: 'request',
  load: { kind: 'http', connections: 64, pipelined: 1 },
  candidates: {
    'node:http': onNode((_request, response) => {
      response.writeHead(200, { 'content-type': type, 'content-length': BODY.length })
      response.end(BODY)
    }),
    serve: onOurs((Response) => () => new Response(BODY, { headers: { 'content-type': type } })),
  },
  rows: [{ ours: 'serve', theirs: 'node:http', goal: { 20: 1.2, 26: 1.2 } }],
}
