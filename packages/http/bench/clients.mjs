// The clients that the claims compare: one GET, and its body of 200 bytes as text.
import { Agent, get } from 'node:http'
import { client } from '../../../scripts/bench/client.mjs'

export const clients = (concurrency) => ({
  'node:http': client(concurrency, (url) => {
    const agent = new Agent({ keepAlive: true })
    return () =>
      new Promise((resolve, reject) => {
        get(url, { agent }, (response) => {
          response.setEncoding('utf8')
          let text = ''
          response.on('data', (piece) => {
            text += piece
          })
          response.on('end', () => resolve(text))
          response.on('error', reject)
        }).on('error', reject)
      })
  }),

  'undici.request': client(concurrency, async (url) => {
    const { Agent, request } = await import('undici')
    const dispatcher = new Agent({ connections: concurrency })
    return async () => (await request(url, { dispatcher })).body.text()
  }),

  Pool: client(concurrency, async (url) => {
    const { Pool } = await import('@sluice/http')
    const pool = new Pool()
    return async () => (await pool.request(url)).text()
  }),
})
