/** `sluice-socket connect`: a connection between standard input and standard output, over a stream or datagrams. */
import { formatEndpoint } from '../../core/address.ts'
import type { CommandPlan } from '../../core/command-line.ts'
import { connect } from '../connect.ts'
import { udp } from '../udp.ts'
import type { Stage } from './main.ts'
import { connectOptionsOf, timeoutOf } from './options.ts'
import { copyBoth, withCrlf, write } from './pipes.ts'

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
      stage.say(`${remoteAddress ? formatEndpoint(remoteAddress) : target} is open`)
    } else {
      const crlf = plan.flags.has('crlf')
      await copyBoth(connection, stage.stdin, stage.stdout, { crlf, idle: timeoutOf(plan) })
    }
  } finally {
    stage.signal.removeEventListener('abort', onAbort)
    await connection.close()
  }
}

/** As nc: what a pipe brings at once may be more than a datagram can hold. */
const DATAGRAM = 16_384

/** Each piece of input is a datagram; each datagram that comes back is written as it is. */
async function exchangeDatagrams(
  target: string,
  plan: CommandPlan,
  { stdin, stdout, signal }: Stage,
): Promise<void> {
  const { flags } = plan
  const isIPv6 = flags.has('ipv6') || (!flags.has('ipv4') && /^\[|^.*:.*:/.test(target))
  const timeout = timeoutOf(plan)
  await using socket = await udp(isIPv6 ? '[::]:0' : '0.0.0.0:0')
  await socket.connect(target.replace(/^tcp:/, 'udp:'), { signal })
  const receiving = (async () => {
    for (;;) await write(stdout, (await socket.recv({ timeout, signal })).data)
  })()
  const sending = (async () => {
    for await (const chunk of stdin as AsyncIterable<Uint8Array>) {
      const bytes = flags.has('crlf') ? withCrlf(chunk) : chunk
      for (let at = 0; at < bytes.length; at += DATAGRAM)
        await socket.send(bytes.subarray(at, at + DATAGRAM))
    }
    // Without a timeout nobody knows when the last answer has come: wait for it, as nc does.
    return receiving
  })()
  try {
    await Promise.race([receiving, sending])
  } finally {
    receiving.catch(() => {})
    sending.catch(() => {})
    stdin.destroy()
  }
}
