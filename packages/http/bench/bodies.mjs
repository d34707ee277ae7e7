// Two servers that answer alike, whatever is asked: node:http with bytes that are ready, ours with a handler.
import { createServer } from 'node:http'

/** @param respond answers a request of node:http; resolves with the port */
export const onNode = (respond) => () =>
  new Promise((resolve) => {
    const server = createServer(respond)
    server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))
  })

/** @param make from the package to a handler */
export const onOurs = (make) => async () => {
  const { Response, serve } = await import('@sluice/http')
  const server = await serve(await make(Response))
  return server.address.port
}

/** What an API answers, 1 KiB of it. */
export const RECORDS = Array.from({ length: 16 }, (_, i) => ({
  id: 1000 + i,
  name: `number ${i}`,
  isOpen: i % 2 === 0,
  score: i / 8,
}))
