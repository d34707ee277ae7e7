// The command line of the game.
import { userInfo } from 'node:os'
import { formatEndpoint } from '@sluice/socket/ip'
import { datagramLink } from '@sluice/socket/testing'
import { aborted, noMore, readWords, roleOf, UsageError, wholeNumber } from '../../lib/app.ts'
import { type Desk, play } from './client.ts'
import { checkName } from './protocol.ts'
import { openGame } from './server.ts'
import { openGrandstand } from './watch.ts'

export const usage = `npm run app game serve [-- --port 7100 --host 127.0.0.1 --watch 7180]   opens a game, and a page to look on
npm run app game play [-- --to 127.0.0.1:7100 --name ADA --loss 30 --latency 100]
  arrow keys or wasd to go, q to leave; --loss percent and --latency milliseconds make the line as bad as you like
  --bot goes around by itself`

export async function main(words: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = readWords(words, {
    port: { type: 'string' },
    host: { type: 'string' },
    watch: { type: 'string' },
    to: { type: 'string' },
    name: { type: 'string' },
    loss: { type: 'string' },
    latency: { type: 'string' },
    bot: { type: 'boolean' },
  })
  const [role, more] = roleOf(positionals, 'serve', 'play')
  noMore(more)
  const hostname = values.host ?? '127.0.0.1'
  if (role === 'serve') {
    const port = wholeNumber('port', values.port, 7100, [0, 65_535])
    const watch = wholeNumber('watch', values.watch, 7180, [0, 65_535])
    await using game = await openGame({ hostname, port })
    await using page = await openGrandstand(game.match, { hostname, port: watch })
    console.log(`the game is open at ${game.address}; look on at ${page.url}; Ctrl-C closes it`)
    await aborted(signal)
    await page.shutdown({ grace: 500 })
  } else {
    const name = values.name ?? userInfo().username.slice(0, 12)
    try {
      checkName(name)
    } catch (error) {
      throw new UsageError((error as Error).message)
    }
    const loss = wholeNumber('loss', values.loss, 0, [0, 99]) / 100
    const latency = wholeNumber('latency', values.latency, 0, [0, 5000])
    const to = values.to ?? '127.0.0.1:7100'
    await using line = loss + latency > 0 ? await datagramLink(to, { loss, latency }) : undefined
    const target = line === undefined ? to : formatEndpoint(line.address)
    const scores = await play(target, name, values.bot ? bot() : terminal(), signal)
    console.log(scores === '' ? 'nothing was played' : scores)
  }
}

function terminal(): Desk {
  const { stdin, stdout } = process
  if (!stdin.isTTY) throw new UsageError('play needs a terminal for its keys, or --bot')
  return {
    onKeys(listener) {
      stdin.setRawMode(true).setEncoding('utf8').on('data', listener)
      // The other screen of the terminal, which is left as it was found.
      stdout.write('\u001b[?1049h\u001b[?25l')
      return () => {
        stdin.off('data', listener).setRawMode(false).pause()
        stdout.write('\u001b[?25h\u001b[?1049l')
      }
    },
    show: (picture) => stdout.write(`\u001b[H${picture.replaceAll('\n', '\u001b[K\r\n')}\u001b[J`),
  }
}

/** Goes where chance leads. */
function bot(): Desk {
  return {
    onKeys(listener) {
      let key = 'd'
      const timer = setInterval(() => {
        if (Math.random() < 0.2) key = 'wasd'[Math.floor(Math.random() * 4)] as string
        listener(key)
      }, 80)
      return () => clearInterval(timer)
    },
    show() {},
  }
}
