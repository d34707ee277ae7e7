// The command line of the transfer.
import { aborted, readWords, roleOf, UsageError, wholeNumber } from '../../lib/app.ts'
import { parseTicket } from './protocol.ts'
import { type Progress, receive } from './receiver.ts'
import { send } from './sender.ts'

export const usage = `npm run app transfer send FILE… [-- --host 127.0.0.1 --port 0]   prints a ticket
npm run app transfer receive TICKET [-- --into FOLDER]   fetches what it is for`

export async function main(words: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = readWords(words, {
    port: { type: 'string' },
    host: { type: 'string' },
    into: { type: 'string' },
  })
  const [role, rest] = roleOf(positionals, 'send', 'receive')
  if (role === 'send') {
    if (rest.length === 0) throw new UsageError('send which files?')
    const port = wholeNumber('port', values.port, 0, [0, 65_535])
    const place = { hostname: values.host ?? '127.0.0.1', port }
    await using sending = await send(rest, place, (sentence) => console.log(sentence))
    console.log(`npm run app transfer receive '${sending.ticket}'`)
    await Promise.race([sending.done, aborted(signal)])
    if (signal.aborted) throw new Error('interrupted before anybody had everything')
  } else {
    const [text, ...more] = rest
    if (text === undefined || more.length > 0) throw new UsageError('receive takes one ticket')
    const ticket = readTicket(text)
    await receive(ticket, values.into ?? '.', progressLine(), signal)
  }
}

function readTicket(text: string) {
  try {
    return parseTicket(text)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** On a terminal a line that is written over; elsewhere one line for each file. */
function progressLine(): (progress: Progress) => void {
  let shown = 0
  return ({ name, bytes, size, resumedAt }) => {
    const isDone = bytes === size
    const now = performance.now()
    if (!isDone && (!process.stdout.isTTY || now - shown < 100)) return
    shown = now
    const resumed = resumedAt > 0 ? `, ${resumedAt} of them were here` : ''
    const line = isDone
      ? `${name}: ${size} bytes${resumed}`
      : `${name}: ${Math.floor((100 * bytes) / size)} %`
    process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${line}${isDone ? '\n' : ''}`)
  }
}
