/** `sluice-socket relay`: forwards connections, over a line as bad as one likes, and records what passes. */
import { createWriteStream } from 'node:fs'
import { formatEndpoint } from '../../core/address.ts'
import { type CommandPlan, linkOf } from '../../core/command-line.ts'
import { NetError } from '../../core/errors.ts'
import { relay } from '../relay.ts'
import type { Stage } from './main.ts'
import { connectOptionsOf, timeoutOf } from './options.ts'

/** Runs the command, until Ctrl-C. @throws what kept it from beginning */
export async function relayCommand(plan: CommandPlan, stage: Stage): Promise<void> {
  const [from = '', to = ''] = plan.operands
  const path = plan.flags.get('record')?.at(-1)
  const record = path === undefined ? undefined : createWriteStream(path, { flags: 'a' })
  // Opened before the first connection: a record that can't be written is told now.
  if (record !== undefined)
    await new Promise((resolve, reject) => record.once('open', resolve).once('error', reject))
  const server = await relay(from, to, {
    link: linkOf(plan),
    connect: await connectOptionsOf(plan),
    serve: {
      timeout: { idle: timeoutOf(plan) ?? 0 },
      onError: (error) => {
        // One connection's trouble; the relay goes on, unless it is being ended.
        if (error instanceof NetError && !stage.signal.aborted) stage.warn(error)
      },
    },
    onBytes: (bytes, direction, connection) => {
      record?.write(
        `${JSON.stringify({ t: Date.now(), id: connection.id, direction, bytes: Buffer.from(bytes).toString('base64') })}\n`,
      )
    },
  })
  stage.say(`relaying ${formatEndpoint(server.address)} to ${to}`)
  await new Promise<void>((resolve) => {
    if (stage.signal.aborted) resolve()
    stage.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await server.shutdown({ grace: 0 })
  await new Promise((resolve) => (record === undefined ? resolve(undefined) : record.end(resolve)))
}
