// Act 2: two processes and one TCP connection, then the same greeting over everything else there is.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ByteStream, connect, listen, text, udp } from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { memoryPair } from '@sluice/socket/testing'
import { hexLines } from '@sluice/socket/trace'
import { has, type Run, start, startSource } from '../lib/children.ts'
import { withFolder } from '../lib/temporary.ts'
import { FOLDER } from './leftovers.ts'
import { blue, complain, dim, green, heading, ms, red, say } from './stage.ts'

const seed = (file: string): URL => new URL(`../seed/${file}`, import.meta.url)
const tap = new URL('./tap.ts', import.meta.url)

/** Plays the act. @returns whether everything in it went as it should */
export async function connectionAct(): Promise<boolean> {
  heading(2, 'Two processes, one TCP connection')
  const free = await isFree()
  if (!free) {
    complain(
      '127.0.0.1:8080 is in use here, and the two programs are written for it: this part is left out.',
    )
  } else {
    say('   seed/server.ts and seed/client.ts, each in a process of its own, watched from outside:')
    say()
    const server = startSource(seed('server.ts'), [tap])
    await server.says('listening')
    const client = startSource(seed('client.ts'), [tap])
    const statuses = await Promise.all([server.ended, client.ended])
    showBytes(client, server)
    say()
    say(`   the client printed  ${JSON.stringify(client.out().trim())}`)
    say(`   the server printed  ${JSON.stringify(server.out().trim().split('\n').at(-1))}`)
    if (statuses.some((status) => status !== 0)) return false
    if (!(await withPython())) return false
  }
  say()
  say('   The same greeting, without leaving this process:')
  await measured('UDP, two datagrams', overUdp)
  await measured('a Unix socket', overUnix)
  await measured('memory', async () => greet(...memoryPair()))
  return free
}

async function isFree(): Promise<boolean> {
  try {
    const listener = await listen('127.0.0.1:8080')
    await listener.close()
    return true
  } catch (error) {
    if (isNetError(error)) return false
    throw error
  }
}

interface Line {
  at: number
  name: string
  data?: string
  bytes?: number
}

/** The bytes of the connection as both ends saw them: what was sent, what came back, and when. */
function showBytes(client: Run, server: Run): void {
  const lines = [
    ...events(client).map((line) => ({ ...line, who: 'client' })),
    ...events(server).map((line) => ({ ...line, who: 'server' })),
  ].sort((a, b) => a.at - b.at)
  const zero = lines.find(({ name }) => name === 'attempt')?.at ?? lines[0]?.at ?? 0
  for (const { at, name, data, bytes, who } of lines) {
    const what = WORDS[name]
    if (what === undefined || at < zero) continue
    const head = `   ${ms(at - zero).padStart(9)}  ${(who === 'client' ? blue : green)(who)} ${what}`
    if (data === undefined) say(head)
    else {
      const [first, ...rest] = hexLines(Buffer.from(data, 'hex').subarray(0, 64))
      say(`${head} ${String(bytes).padStart(2)} bytes   ${first}`)
      for (const line of rest) say(`${' '.repeat(43)}${line}`)
    }
  }
}

/** The events that are shown, as verbs. */
const WORDS: Readonly<Record<string, string>> = {
  open: 'connected',
  send: 'sends   ',
  receive: 'receives',
  end: 'sees that the other has finished',
  close: 'closed',
}

function events(run: Run): Line[] {
  const mark = '@sluice '
  return run
    .err()
    .split('\n')
    .filter((line) => line.startsWith(mark))
    .map((line) => JSON.parse(line.slice(mark.length)) as Line)
}

/** Python's own programs, one at a time on the other side. */
async function withPython(): Promise<boolean> {
  say()
  if (!has('python3')) {
    say(dim('   python3 is not here: its client and server would come next.'))
    return true
  }
  const python = (file: string): Run => start('python3', ['-u', fileURLToPath(seed(file))])
  const pairs = [
    [
      "Python's client, our server",
      () => startSource(seed('server.ts')),
      () => python('client.py'),
    ],
    [
      "our client, Python's server",
      () => python('server.py'),
      () => startSource(seed('client.ts')),
    ],
  ] as const
  for (const [title, first, second] of pairs) {
    const server = first()
    await server.says('listening')
    const client = second()
    const statuses = await Promise.all([client.ended, server.ended])
    const ok = statuses.every((status) => status === 0) && client.out().trim() === 'Hello, World!'
    say(
      `   ${title.padEnd(30)}${ok ? green(client.out().trim()) : red(client.err() + server.err())}`,
    )
    if (!ok) return false
  }
  return true
}

async function measured(title: string, run: () => Promise<string>): Promise<void> {
  const from = performance.now()
  const greeting = await run()
  say(`   ${title.padEnd(30)}${green(greeting)}  ${dim(`in ${ms(performance.now() - from)}`)}`)
}

async function greet(client: ByteStream, server: ByteStream): Promise<string> {
  await client.sendAll('Hello, World!')
  const heard = await server.recv(1024)
  await server.sendAll(heard ?? '')
  const back = text(await client.recv(1024))
  await Promise.all([client.close(), server.close()])
  return back
}

async function overUdp(): Promise<string> {
  await using server = await udp('127.0.0.1:0')
  await using client = await udp('127.0.0.1:0')
  await client.send('Hello, World!', server.address)
  const { data, address } = await server.recv({ timeout: 2000 })
  await server.send(data, address)
  return text((await client.recv({ timeout: 2000 })).data)
}

function overUnix(): Promise<string> {
  return withFolder(FOLDER, async (folder) => {
    const path = join(folder, 'tour.sock')
    await using listener = await listen({ path })
    const [client, server] = await Promise.all([connect({ path }), listener.accept()])
    return await greet(client, server)
  })
}
