// Claim: JSON that is made for each request.
import { onNode, onOurs, RECORDS } from './bodies.mjs'

export const claim = {
  what: '1 KiB of JSON, made for each request; keep-alive, 64 connections',
  unit: 'request',
  load: { kind: 'http', connections: 64, pipelined: 1 },
  candidates: {
    'node:http': onNode((_request, response) => {
      const text = JSON.stringify(RECORDS)
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      })
      response.end(text)
    }),
    serve: onOurs((Response) => () => Response.json(RECORDS)),
  },
  rows: [{ ours: 'serve', theirs: 'node:http', goal: { 20: 1.5, 26: 1.5 } }],
}
