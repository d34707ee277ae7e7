// A shop with routes, JSON and a stream, which closes in the middle of the rush and loses nobody.
import { serve } from '@sluice/http'
import { Router } from '@sluice/http/handlers'
import { sendEvents } from '@sluice/http/sse'
import { customers, sleep, watcher } from './crowd.ts'

// #region routes
const orders: unknown[] = []

const router = new Router()
  .get('/orders/:number', (_request, { params }) => {
    const order = orders[Number(params.number) - 1]
    return order === undefined ? new Response(null, { status: 404 }) : Response.json(order)
  })
  .post('/orders', async (request) => {
    orders.push(await request.json())
    await sleep(30)
    return Response.json({ number: orders.length }, { status: 201 })
  })
  .get('/ticks', (_request, { shutdown }) => sendEvents(ticks(shutdown)))

async function* ticks(shutdown: AbortSignal) {
  for (let i = 1; !shutdown.aborted; i++, await sleep(50)) yield `tick ${i}`
  yield 'closing time'
}
// #endregion

const server = await serve(router)
const watching = watcher(server.url)
const buying = customers(server.url)
while (orders.length < 100) await sleep(10)

// #region shutdown
await server.shutdown({ grace: 5000 })
console.log(`${orders.length} orders taken, ${await buying} answered; ${await watching}`)
// #endregion
