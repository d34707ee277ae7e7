// Makes one fetch of a small file, and says which functions of which files ran meanwhile: what ARCHITECTURE.md tells
// of the way of a byte is held to it.
import { Session } from 'node:inspector/promises'
import { serve } from '@sluice/http'
import { fetch } from '@sluice/url'

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
const server = await serve(() => new Response('one byte and more'), { target: '127.0.0.1:0' })
console.error(await (await fetch(server.url)).text())
await server.close()
const { result } = await session.post('Profiler.takePreciseCoverage')
const ran: Record<string, string[]> = {}
for (const { url, functions } of result) {
  const file = /\/(packages\/[^/]+\/src\/.+)$/.exec(url)?.[1]
  if (file === undefined) continue
  ran[file] = functions
    .filter(({ ranges, functionName }) => functionName !== '' && (ranges[0]?.count ?? 0) > 0)
    .map(({ functionName }) => functionName)
}
session.disconnect()
console.log(JSON.stringify(ran))
