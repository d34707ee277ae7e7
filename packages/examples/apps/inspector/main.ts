// The command line of the inspector.
import { aborted, readWords, UsageError, wholeNumber } from '../../lib/app.ts'
import { Log } from './log.ts'
import { openPage } from './page.ts'
import { openProxy } from './proxy.ts'

export const usage = `npm run app inspector http://127.0.0.1:3000 [-- --port 8081 --page 8082 --host 127.0.0.1]
  passes on what comes to --port, and shows it at --page of this machine`

export async function main(words: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = readWords(words, {
    port: { type: 'string' },
    page: { type: 'string' },
    host: { type: 'string' },
  })
  const [address, ...more] = positionals
  if (address === undefined || more.length > 0) throw new UsageError('inspect which server?')
  const target = URL.canParse(address) ? new URL(address) : undefined
  if (target === undefined || !/^https?:$/.test(target.protocol) || target.pathname !== '/')
    throw new UsageError(`'${address}' is no origin, as http://127.0.0.1:3000 is`)
  const log = new Log()
  const port = wholeNumber('port', values.port, 8081, [0, 65_535])
  const pagePort = wholeNumber('page', values.page, 8082, [0, 65_535])
  await using proxy = await openProxy(target, log, { hostname: values.host ?? '127.0.0.1', port })
  await using page = await openPage(log, { hostname: '127.0.0.1', port: pagePort })
  console.log(
    `${proxy.server.url} leads to ${target.origin}; see it at ${page.url}; Ctrl-C ends it`,
  )
  await aborted(signal)
  await page.shutdown({ grace: 500 })
}
