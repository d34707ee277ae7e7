/** Asks a server for as long as it is told to, so many at a time, and counts. */
import { Pool } from '@sluice/http'
import { listen } from '@sluice/socket'
import { startSource } from '../../lib/children.ts'
import { KINDS, quantile, type Result, type Way } from './protocol.ts'

const AT_A_TIME = 32

/** Measures one way with both kinds of work. */
export async function measure(
  way: Way,
  { workers, seconds }: { workers: number; seconds: number },
  signal: AbortSignal,
): Promise<Result[]> {
  const port = await freePort()
  const words = [way.replace(' ', '-'), String(workers), String(port)]
  const server = startSource(new URL('server.ts', import.meta.url), [], words)
  await using pool = new Pool()
  try {
    await server.says('listening')
    const results: Result[] = []
    for (const kind of KINDS) {
      const ask = async (): Promise<void> => {
        const response = await pool.request(`http://127.0.0.1:${port}/${kind}`, { signal })
        if (response.status !== 200) throw new Error(`${way} answered ${response.status}`)
        await response.text()
      }
      // Once, so that nobody is measured while they wake up.
      await Promise.all(Array.from({ length: AT_A_TIME }, ask))
      const times: number[] = []
      const begun = performance.now()
      const end = begun + 1000 * seconds
      const client = async (): Promise<void> => {
        while (performance.now() < end) {
          const asked = performance.now()
          await ask()
          times.push(performance.now() - asked)
        }
      }
      await Promise.all(Array.from({ length: AT_A_TIME }, client))
      const rate = (1000 * times.length) / (performance.now() - begun)
      results.push({ way, kind, rate, slow: quantile(times, 0.99) })
    }
    return results
  } finally {
    server.stop()
    await server.ended
  }
}

/** Processes that share a port have to agree on it beforehand. */
async function freePort(): Promise<number> {
  await using listener = await listen('127.0.0.1:0')
  return listener.address.port as number
}
