// What it costs to answer with a Response of the platform: its making, and the reading of its stream.
import { onNode, onOurs } from './bodies.mjs'

export const claim = {
  what: 'hello with a Response of the platform; keep-alive, 64 connections',
  unit: 'request',
  load: { kind: 'http', connections: 64, pipelined: 1 },
  candidates: {
    'node:http': onNode((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain;charset=UTF-8', 'content-length': 13 })
      response.end('Hello, World!')
    }),
    "serve, the platform's Response": onOurs(() => () => new globalThis.Response('Hello, World!')),
    'serve, our Response': onOurs((Response) => () => new Response('Hello, World!')),
  },
  rows: [
    { ours: "serve, the platform's Response", theirs: 'node:http', goal: { 20: 1, 26: 1 } },
    { ours: 'serve, our Response', theirs: "serve, the platform's Response" },
  ],
}
