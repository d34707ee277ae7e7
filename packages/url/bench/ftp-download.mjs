// Claim: a download over FTP costs less CPU time than with basic-ftp.
import { Writable } from 'node:stream'
import { client } from '../../../scripts/bench/client.mjs'

export const claim = {
  what: 'FTP downloads of 64 MiB, one after the other over one login, into nothing',
  unit: '64 KiB',
  load: { kind: 'ftp', connections: 1, bytes: 67_108_864 },
  candidates: {
    'basic-ftp': client(1, async (url) => {
      const { Client } = await import('basic-ftp')
      const { hostname, port } = new URL(url)
      const ftp = new Client()
      await ftp.access({ host: hostname, port: Number(port) })
      const nothing = () => new Writable({ write: (_chunk, _encoding, done) => done() })
      return () => ftp.downloadTo(nothing(), 'file')
    }),

    openFtp: client(1, async (url) => {
      const { openFtp } = await import('@sluice/url/ftp')
      const ftp = await openFtp(new URL('/', url).href)
      return async () => {
        let total = 0
        for await (const chunk of await ftp.read('file')) total += chunk.length
        return total
      }
    }),
  },
  rows: [{ ours: 'openFtp', theirs: 'basic-ftp', goal: { 20: 1.2, 26: 1.2 } }],
}
