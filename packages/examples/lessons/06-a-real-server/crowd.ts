// Those who come to the shop: twenty customers who order again and again, and one who follows the ticks.
import { Pool, request } from '@sluice/http'
import { readEvents } from '@sluice/http/sse'

/** Waits, as for a database. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))

/** Sends twenty customers; each orders until one order fails. @returns how many orders were answered */
export async function customers(url: string): Promise<number> {
  await using pool = new Pool()
  let answered = 0
  const buy = async (): Promise<void> => {
    for (;;) {
      const body = JSON.stringify({ what: 'apples' })
      const response = await pool.request(new URL('/orders', url), { method: 'POST', body })
      await response.json()
      answered++
    }
  }
  await Promise.allSettled(Array.from({ length: 20 }, buy))
  return answered
}

/** Follows the ticks. @returns how many came, and how it ended */
export async function watcher(url: string): Promise<string> {
  let ticks = 0
  let last = 'nothing'
  try {
    for await (const { data } of readEvents(await request(new URL('/ticks', url)))) {
      ticks++
      last = data
    }
  } catch (error) {
    return `${ticks} ticks, then ${(error as Error).message}`
  }
  return `${ticks} ticks, the last of them "${last}", and the end`
}
