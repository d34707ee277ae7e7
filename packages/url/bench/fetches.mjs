// The clients that the claims compare: the platform's `fetch` and ours, with the same reading of the same body.
import { client } from '../../../scripts/bench/client.mjs'

/** @param read what is made of the response */
export const fetches = (read, concurrency = 64) => ({
  "the platform's fetch": client(concurrency, (url) => async () => read(await fetch(url))),

  Client: client(concurrency, async (url) => {
    const { Client } = await import('@sluice/url')
    const client = new Client({ tls: { verify: false } })
    return async () => read(await client.fetch(url))
  }),
})

export const load = { kind: 'serve', connections: 1 }
