// The command line of the chat.
import { userInfo } from 'node:os'
import { formatEndpoint } from '@sluice/socket/ip'
import { aborted, noMore, readWords, roleOf, wholeNumber } from '../../lib/app.ts'
import { joinChat } from './client.ts'
import { openChat } from './server.ts'

export const usage = `npm run app chat serve [-- --port 7000 --host 127.0.0.1]   opens a chat
npm run app chat join [-- --name ADA --to 127.0.0.1:7000]   joins it, and so does: nc 127.0.0.1 7000`

export async function main(words: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = readWords(words, {
    port: { type: 'string' },
    host: { type: 'string' },
    name: { type: 'string' },
    to: { type: 'string' },
  })
  const [role, more] = roleOf(positionals, 'serve', 'join')
  noMore(more)
  if (role === 'serve') {
    const port = wholeNumber('port', values.port, 7000, [0, 65_535])
    await using server = await openChat({ hostname: values.host ?? '127.0.0.1', port })
    console.log(`the chat is open at ${formatEndpoint(server.address)}; Ctrl-C closes it`)
    await aborted(signal)
    await server.shutdown({ grace: 2000 })
    const { accepted, bytesReceived, bytesSent } = server.stats()
    console.log(`closed: ${accepted} came, ${bytesReceived} bytes in, ${bytesSent} bytes out`)
  } else {
    const desk = { input: process.stdin, output: process.stdout }
    const name = values.name ?? userInfo().username
    await joinChat(values.to ?? '127.0.0.1:7000', name, desk, signal)
  }
}
