// The failing version: the lights go out while customers are in the shop.
import { serve } from '@sluice/http'
import { sendEvents } from '@sluice/http/sse'
import { customers, sleep, watcher } from './crowd.ts'

const orders: unknown[] = []

async function* ticks() {
  for (let i = 1; ; i++, await sleep(50)) yield `tick ${i}`
}

const server = await serve(async (request) => {
  if (request.url.endsWith('/ticks')) return sendEvents(ticks())
  orders.push(await request.json())
  await sleep(30)
  return Response.json({ number: orders.length }, { status: 201 })
})
const watching = watcher(server.url)
const buying = customers(server.url)
while (orders.length < 100) await sleep(10)

// #region broken
await server.close()
console.log(`${orders.length} orders taken, ${await buying} answered; ${await watching}`)
// #endregion
