// Claim: a download over FTP into a file costs less CPU time than with basic-ftp.
import { mkdirSync, rmSync } from 'node:fs'
import { client } from '../../../scripts/bench/client.mjs'

/** Where the file goes: a place that the next run takes again, since the harness ends candidates by SIGKILL. */
function place(name) {
  mkdirSync('.reports', { recursive: true })
  return `.reports/bench-${name}`
}

export const claim = {
  what: 'FTP downloads of 64 MiB into a file, one after the other',
  unit: '64 KiB',
  load: { kind: 'ftp', connections: 1, bytes: 67_108_864 },
  candidates: {
    'basic-ftp': client(1, async (url) => {
      const { Client } = await import('basic-ftp')
      const { hostname, port } = new URL(url)
      const path = place('basic-ftp')
      const ftp = new Client()
      await ftp.access({ host: hostname, port: Number(port) })
      return async () => {
        await ftp.downloadTo(path, 'file')
        rmSync(path)
      }
    }),

    download: client(1, async (url) => {
      const { download } = await import('@sluice/url/download')
      const path = place('download')
      return async () => {
        await download(url, path)
        rmSync(path)
      }
    }),
  },
  rows: [{ ours: 'download', theirs: 'basic-ftp', goal: { 20: 1.2, 26: 1.2 } }],
}
