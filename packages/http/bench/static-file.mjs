// Claim: a file costs less than with `send`, which express and others use.
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { onNode, onOurs } from './bodies.mjs'

const FOLDER = resolve('.reports/bench-files')
mkdirSync(FOLDER, { recursive: true })
writeFileSync(`${FOLDER}/page.html`, 'x'.repeat(10_240))

export const claim = {
  what: 'a file of 10 KiB; keep-alive, 64 connections',
  unit: 'request',
  load: {
    kind: 'http',
    connections: 64,
    pipelined: 1,
    heads: ['GET /page.html HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  },
  candidates: {
    'send on node:http': async () => {
      const { default: send } = await import('send')
      return onNode((request, response) => {
        send(request, request.url, { root: FOLDER }).pipe(response)
      })()
    },
    staticFiles: onOurs(async () => {
      const { staticFiles } = await import('@sluice/http/static')
      return staticFiles(FOLDER)
    }),
  },
  rows: [{ ours: 'staticFiles', theirs: 'send on node:http', goal: { 20: 1.5, 26: 1.5 } }],
}
