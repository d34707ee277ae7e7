/**
 * The soak test: thousands of connections that idle, come and go, break off and fail, programs that are killed in the middle
 * of writing a file, and afterwards everything is as it was: `npm run soak`, `-- --quick` for a hundredth, `-- --seed N` for
 * other dice, `-- --only WORD` for those that have the word in their names.
 *
 * Each scenario runs a twentieth of itself first, so that what is loaded once is loaded; then descriptors and heap are
 * taken, the scenario runs, and both are taken again. More than 5 descriptors or 5 MiB off is a failure, as is a count
 * that does not fit. The other side is a process of its own, see `peer.mjs`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Connection, connect, listen } from '../../packages/socket/src/index.ts'
import { serve } from '../../packages/socket/src/server.ts'
import { makeAuthority, makeCertificate } from '../../packages/socket/test/certificates.ts'
import { killDownloads, killSaves } from '../../packages/url/test/kills.ts'
import { httpScenarios } from './http.ts'
import { randomOf } from './random.mjs'

const args = process.argv.slice(2)
const share = args.includes('--quick') ? 100 : 1
const seed = Number(args[args.indexOf('--seed') + 1]) || 1
const random = randomOf(seed)
const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : ''

/** What may be left: a pool of the runtime that grew, a descriptor that the engine opened. */
const DESCRIPTORS = 5
const HEAP = 5 * 1024 * 1024
/** How long what closes may take to be gone. */
const PATIENCE = 10_000

interface Scenario {
  what: string
  count: number
  /** @returns what it counted, for the line */
  run(count: number): Promise<string>
}

/** Something that a peer is asked to do. */
interface Task {
  do: string
  [how: string]: unknown
}

const peer: ChildProcess = fork(fileURLToPath(new URL('peer.mjs', import.meta.url)), {
  execArgv: [],
})

function ask(task: Task): Promise<Record<string, number> & { port: number }> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`the peer ended during ${task.do}`))
    peer.once('exit', onExit)
    peer.once('message', ({ done }: { done: Record<string, number> & { port: number } }) => {
      peer.off('exit', onExit)
      resolve(done)
    })
    peer.send(task)
  })
}

const authority = makeAuthority()
const { cert, key } = makeCertificate({ name: 'server', issuer: authority, names: ['localhost'] })
const stranger = makeCertificate({ name: 'stranger', names: ['localhost'] })

await ask({ do: 'seed', seed })
const echo = (await ask({ do: 'echo' })).port
const strangers = (await ask({ do: 'strangers', cert: stranger.cert, key: stranger.key })).port

const scenarios: Scenario[] = [
  {
    what: 'idle connections',
    count: 5_000,
    async run(count) {
      const server = await serve(hold, { hostname: '0.0.0.0', onError: () => {} })
      await ask({ do: 'hold', port: portOf(server), count })
      await until(() => server.stats().connections === count, `${count} connections`)
      await ask({ do: 'letGo' })
      await until(() => server.stats().connections === 0, 'no connection')
      await server.close()
      return `${server.stats().accepted} accepted`
    },
  },
  {
    what: 'connects',
    count: 20_000,
    async run(count) {
      let bytes = 0
      await many(count, 50, async () => {
        const connection = await connect({ hostname: random.loopback(), port: echo })
        await connection.sendAll('ping')
        const back = await connection.recvExactly(4)
        bytes += back?.length ?? 0
        await connection.close()
      })
      if (bytes !== 4 * count) throw new Error(`${bytes} of ${4 * count} bytes came back`)
      return `${bytes} bytes there and back`
    },
  },
  {
    what: 'aborts at random bytes',
    count: 2_000,
    async run(count) {
      const server = await serve(echoing, { hostname: '0.0.0.0', onError: () => {} })
      const theirs = Math.floor(count / 2)
      const broken = ask({ do: 'breakOff', port: portOf(server), count: theirs, size: 200_000 })
      let ours = 0
      await many(count - theirs, 25, async () => {
        if (await breakOff()) ours++
      })
      await broken
      await until(() => server.stats().connections === 0, 'no connection')
      await server.close()
      return `${server.stats().accepted} by the peer, ${ours} by us`
    },
  },
  {
    what: 'failed handshakes',
    count: 2_000,
    async run(count) {
      const listener = await listen('0.0.0.0:0', { tls: { cert, key } })
      const theirs = Math.floor(count / 2)
      const failing = ask({
        do: 'failHandshakes',
        port: (listener.address as { port: number }).port,
        count: theirs,
      })
      let refused = 0
      await many(count - theirs, 25, async () => {
        const target = { hostname: random.loopback(), port: strangers }
        const tls = { ca: authority.cert, serverName: 'localhost' }
        await connect(target, { tls }).then(
          (connection) => connection.destroy(),
          () => refused++,
        )
      })
      await failing
      await until(() => listener.handshakes === 0, 'no handshake')
      const { failedHandshakes, pending } = listener
      await listener.close()
      if (refused !== count - theirs || failedHandshakes !== theirs || pending !== 0)
        throw new Error(
          `${refused} refused by us, ${failedHandshakes} failed here, ${pending} succeeded`,
        )
      return `${failedHandshakes} here, ${refused} there`
    },
  },
  ...httpScenarios({ ask, until, many, random }),
  {
    what: 'kills of a download',
    count: 50,
    async run(count) {
      const { files, resumed } = await killDownloads(count, random)
      return `${files} files whole, ${resumed} times gone on`
    },
  },
  {
    what: 'kills of a save',
    count: 50,
    async run(count) {
      return `${(await killSaves(count, random)).saves} jars whole`
    },
  },
]

/** Receives nothing, until the peer has had enough. */
async function hold(connection: Connection): Promise<void> {
  await connection.recv()
}

async function echoing(connection: Connection): Promise<void> {
  for await (const bytes of connection) await connection.sendAll(bytes)
}

/** Ends a conversation of ours after a random byte, by a signal or for good. @returns whether it was in the middle */
async function breakOff(): Promise<boolean> {
  const connection = await connect({ hostname: random.loopback(), port: echo })
  const controller = new AbortController()
  const { signal } = controller
  const last = random.below(200_000)
  const sending = connection.sendAll(new Uint8Array(last + 1), { signal }).catch(() => {})
  try {
    for (let got = 0; got < last; ) {
      const bytes = await connection.recv(65_536, { signal })
      got += bytes?.length ?? last
    }
    if (random.below(2) === 0) controller.abort(new Error('enough'))
    const waiting = connection.recv(1, { signal })
    if (!signal.aborted) connection.destroy()
    await waiting.then(() => connection.recvExactly(1_000_000, { signal }))
    return false
  } catch {
    return true
  } finally {
    connection.destroy()
    await sending
  }
}

function portOf({ address }: { address: unknown }): number {
  return (address as { port: number }).port
}

/** Runs a task so many times, at most `width` at once. */
async function many(count: number, width: number, task: () => Promise<void>): Promise<void> {
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await task()
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker))
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + PATIENCE
  while (!holds()) {
    if (Date.now() > end) throw new Error(`there should be ${what} by now`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** What is open and what is kept, once nobody needs it any more. */
async function measure(): Promise<{ descriptors: number; heap: number }> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  const { heapUsed, external } = process.memoryUsage()
  return { descriptors: descriptors(), heap: heapUsed + external }
}

/** Elsewhere than on Linux: what keeps this process alive, which is nearly the same. */
function descriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return process.getActiveResourcesInfo().length
  }
}

const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1)

let isOff = false
for (const { what, count: whole, run } of scenarios) {
  if (!what.includes(only)) continue
  const count = Math.ceil(whole / share)
  const started = performance.now()
  let counted: string
  try {
    await run(Math.ceil(count / 20))
    const before = await measure()
    counted = await run(count)
    // What closes has a moment to be closed.
    const end = Date.now() + PATIENCE
    while (descriptors() > before.descriptors && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20))
    const after = await measure()
    const isRight =
      Math.abs(after.descriptors - before.descriptors) <= DESCRIPTORS &&
      after.heap - before.heap <= HEAP
    isOff ||= !isRight
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(
      `${isRight ? 'ok  ' : 'OFF '} ${String(count).padStart(6)} ${what.padEnd(24)} ${counted.padEnd(34)} ` +
        `descriptors ${before.descriptors} -> ${after.descriptors}  heap ${mib(before.heap)} -> ${mib(after.heap)} MiB  ${seconds} s`,
    )
  } catch (error) {
    isOff = true
    console.log(`OFF  ${String(count).padStart(6)} ${what}: ${(error as Error).message}`)
  }
}
peer.disconnect()
process.exitCode = isOff ? 1 : 0
