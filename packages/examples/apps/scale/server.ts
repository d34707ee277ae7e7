// The server, one of three ways: `server.ts one-loop|threads|processes COUNT PORT`. Prints a line when it listens.
// Processes share a port through node:cluster: the system's own way on every platform, and none of them knows the others.
import cluster from 'node:cluster'
import { serve } from '@sluice/http'
import { aborted, interruption } from '../../lib/app.ts'
import { openCrew } from './crew.ts'
import { type Way, wayOf } from './protocol.ts'
import { handlerOf } from './work.ts'

const [word, count, port] = process.argv.slice(2)
await run(wayOf(word) as Way, Number(count), Number(port), interruption())

async function run(way: Way, size: number, port: number, signal: AbortSignal): Promise<void> {
  const place = { hostname: '127.0.0.1', port }
  if (way === 'processes' && cluster.isPrimary) {
    const members = Array.from({ length: size }, () => cluster.fork())
    await Promise.all(
      members.map((member) => new Promise((resolve) => member.once('message', resolve))),
    )
    console.log('listening')
    await aborted(signal)
    for (const member of members) member.kill('SIGTERM')
    return
  }
  await using crew = way === 'threads' ? openCrew(size) : undefined
  await using server = await serve(handlerOf(crew?.compute), place)
  if (cluster.isWorker) process.send?.('listening')
  else console.log('listening')
  await aborted(signal)
  await server.shutdown({ grace: 2000 })
  if (cluster.isWorker) cluster.worker?.disconnect()
}
