/** `sluice-socket listen`: takes connections and gives them to standard input and output, to a program, or back. */
import { spawn } from 'node:child_process'
import { formatEndpoint } from '../../core/address.ts'
import type { CommandPlan } from '../../core/command-line.ts'
import { isNetError } from '../../core/errors.ts'
import type { Connection } from '../connection.ts'
import { listen } from '../listen.ts'
import { serve } from '../server.ts'
import { udp } from '../udp.ts'
import type { Stage } from './main.ts'
import { serverTlsOf, timeoutOf } from './options.ts'
import { copyBoth, write } from './pipes.ts'

/** Runs the command. @throws what went wrong */
export async function listenCommand(plan: CommandPlan, stage: Stage): Promise<void> {
  const [target = ''] = plan.operands
  const { flags } = plan
  if (flags.has('udp')) return takeDatagrams(target, plan, stage)
  const tls = await serverTlsOf(plan)
  const how = tls === undefined ? {} : { tls }
  const program = flags.get('exec')?.at(-1)
  if (program === undefined && !flags.has('echo')) return takeInTurn(target, plan, how, stage)
  const handler =
    program === undefined ? echo : (connection: Connection) => run(program, connection)
  const idle = timeoutOf(plan) ?? 0
  const server = await serve(handler, { target, listen: how, timeout: { idle } })
  stage.say(`listening on ${formatEndpoint(server.address)}`)
  await aborted(stage.signal)
  await server.shutdown({ grace: 2_000 })
}

/** One connection, or one after the other: there is one standard input. */
async function takeInTurn(
  target: string,
  plan: CommandPlan,
  how: object,
  stage: Stage,
): Promise<void> {
  const keep = plan.flags.has('keep')
  await using listener = await listen(target, { ...how, signal: stage.signal })
  stage.say(`listening on ${formatEndpoint(listener.address)}`)
  do {
    const connection = await listener.accept({ signal: stage.signal })
    if (!keep) void listener.close()
    const onAbort = (): void => connection.destroy()
    stage.signal.addEventListener('abort', onAbort)
    try {
      await copyBoth(connection, stage.stdin, stage.stdout, { idle: timeoutOf(plan) })
    } catch (error) {
      // One connection's trouble; the next one is served, unless all of it is being ended.
      if (!keep || !isNetError(error) || stage.signal.aborted) throw error
      stage.warn(error)
    } finally {
      stage.signal.removeEventListener('abort', onAbort)
      await connection.close()
    }
  } while (keep)
}

async function echo(connection: Connection): Promise<void> {
  for await (const bytes of connection) await connection.sendAll(bytes)
}

/** Gives a connection to a program as its input and output; its errors stay ours. */
async function run(program: string, connection: Connection): Promise<void> {
  const child = spawn(program, { shell: true, stdio: ['pipe', 'pipe', 'inherit'] })
  const over = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve())
  })
  over.catch(() => {})
  // The program may end before its input does.
  child.stdin.on('error', () => {})
  const feeding = (async () => {
    for await (const bytes of connection)
      if (!child.stdin.write(bytes))
        await new Promise((resolve) => child.stdin.once('drain', resolve))
    child.stdin.end()
  })()
  feeding.catch(() => child.kill())
  for await (const chunk of child.stdout as AsyncIterable<Uint8Array>)
    await connection.sendAll(chunk)
  await over
}

/** Datagrams are written as they are; with --echo they go back to where they came from. */
async function takeDatagrams(target: string, plan: CommandPlan, stage: Stage): Promise<void> {
  await using socket = await udp(target.replace(/^tcp:/, 'udp:'))
  stage.say(`listening on ${formatEndpoint(socket.address)}`)
  const options = { timeout: timeoutOf(plan), signal: stage.signal }
  for (;;) {
    const { data, address } = await socket.recv(options)
    if (plan.flags.has('echo'))
      await socket.send(data, address as { hostname: string; port: number })
    else await write(stage.stdout, data)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
