/**
 * A server in a process of its own, which says where it listens, and answers whoever says something with who it is. Its
 * argument says how: `alone`, `cluster` (three workers on one port), `reuse` (this port, shared), `threads` (two threads
 * that share one).
 */
import cluster from 'node:cluster'
import { isMainThread, threadId, Worker, workerData } from 'node:worker_threads'
import type { Connection } from '@sluice/socket'
import { type ServeOptions, serve } from '@sluice/socket/server'

const [, , how = 'alone', port = '0'] = process.argv

/** Who answers. */
const me = isMainThread ? `process ${process.pid}` : `thread ${threadId}`

async function answer(connection: Connection): Promise<void> {
  while ((await connection.recv()) !== null) await connection.sendAll(`${me}\n`)
}

async function open(options: ServeOptions): Promise<number> {
  const server = await serve(answer, { onError: () => {}, ...options })
  // Asked for by the letter: what was accepted, and what accepting failed of.
  process.on('message', () => process.send?.(server.stats()))
  return (server.address as { port: number }).port
}

const shared = { listen: { reusePort: true } }

if (!isMainThread) {
  await open({ port: workerData.port, ...shared })
  process.exitCode = 0
  ;(await import('node:worker_threads')).parentPort?.postMessage('ready')
} else if (how === 'cluster' && cluster.isPrimary) {
  const ports = Array.from({ length: 3 }, () => {
    const worker = cluster.fork()
    return new Promise<number>((resolve) => worker.once('message', resolve))
  })
  const [first, ...others] = await Promise.all(ports)
  if (others.some((other) => other !== first)) throw new Error('the workers have several ports')
  console.log(`port ${first}`)
  process.once('disconnect', () => process.exit(0))
} else if (how === 'cluster') process.send?.(await open({}))
else if (how === 'threads') {
  const own = await open({ port: Number(port), ...shared })
  const workers = [1, 2].map(
    () => new Worker(new URL(import.meta.url), { workerData: { port: own } }),
  )
  await Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))),
  )
  console.log(`port ${own}`)
} else
  open({ port: Number(port), ...(how === 'reuse' ? shared : {}) }).then(
    (opened) => console.log(`port ${opened}`),
    (error: Error) => console.log(error.message),
  )
process.on('disconnect', () => process.exit(0))
