/** `sluice-socket connect`: a connection between standard input and standard output, over a stream or datagrams. */
import { formatEndpoint } from '../../core/address.ts'
import type { CommandPlan } from '../../core/command-line.ts'
import { connect } from '../connect.ts'
import { udp } from '../udp.ts'
import type { Stage } from './main.ts'
import { connectOptionsOf, timeoutOf } from './options.ts'
import { copyBoth } from './pipes.ts'

/** Runs the command. @throws what went wrong */
export async function connectCommand(plan: CommandPlan, stage: Stage): Promise<void> {
  const [target = ''] = plan.operands
  if (plan.flags.has('udp')) return exchangeDatagrams(target, plan, stage)
  const options = await connectOptionsOf(plan)
  const connection = await connect(target, { ...options, signal: stage.signal })
  const onAbort = (): void => connection.destroy()
  stage.signal.addEventListener('abort', onAbort)
  try {
    if (plan.flags.has('scan')) {
      const { remoteAddress } = connection
      stage.stderr.write(`${remoteAddress ? formatEndpoint(remoteAddress) : target} is open\n`)
    } else {
      const crlf = plan.flags.has('crlf')
      await copyBoth(connection, stage.stdin, stage.stdout, { crlf, idle: timeoutOf(plan) })
    }
  } finally {
    stage.signal.removeEventListener('abort', onAbort)
    await connection.close()
  }
}

/** Each piece of input is a datagram; each datagram that comes back is written as it is. */
async function exchangeDatagrams(target: string, plan: CommandPlan, stage: Stage): Promise<void> {
  const any = /^\[|^.*:.*:/.test(target) ? '[::]:0' : '0.0.0.0:0'
  await using socket = await udp(any)
  await socket.connect(target.replace(/^tcp:/, 'udp:'))
  const onAbort = (): void => void socket.close()
  stage.signal.addEventListener('abort', onAbort)
  const receiving = (async () => {
    const timeout = timeoutOf(plan)
    const options = timeout === undefined ? undefined : { timeout }
    for (;;) stage.stdout.write((await socket.recv(options)).data)
  })()
  const sending = (async () => {
    for await (const chunk of stage.stdin as AsyncIterable<Uint8Array>) await socket.send(chunk)
    // Without a timeout nobody knows when the last answer has come: wait for it, as nc does.
    return receiving
  })()
  try {
    await Promise.race([receiving, sending])
  } finally {
    receiving.catch(() => {})
    sending.catch(() => {})
    stage.stdin.destroy()
    stage.signal.removeEventListener('abort', onAbort)
  }
}
