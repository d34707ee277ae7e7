// `npm run app NAME [WORDS]`: runs one of the apps. Without a name, or with --help, it says what there is.
// What goes wrong is one sentence: status 2 for words that make no sense, 1 for anything that happened.
import { interruption, UsageError } from '../lib/app.ts'

/** What the module `main.ts` of an app has to offer. */
interface App {
  /** The ways to call it, a line each. */
  usage: string
  /** @param signal aborted when the app is to end */
  main(words: readonly string[], signal: AbortSignal): Promise<void>
}

const APPS: Record<string, { about: string; load: () => Promise<App> }> = {
  chat: { about: 'a room full of people: lines over TCP', load: () => import('./chat/main.ts') },
  game: {
    about: 'coins for everybody: UDP, loss, prediction, and a page to look on',
    load: () => import('./game/main.ts'),
  },
  crawler: {
    about: 'a polite crawler that reports broken links',
    load: () => import('./crawler/main.ts'),
  },
  transfer: {
    about: 'files from one machine to another: TLS, a ticket, resumable',
    load: () => import('./transfer/main.ts'),
  },
  inspector: {
    about: 'a proxy that shows what passes, through all three layers',
    load: () => import('./inspector/main.ts'),
  },
  scale: {
    about: 'one loop, threads, processes: who answers how many',
    load: () => import('./scale/main.ts'),
  },
}

const [name, ...words] = process.argv.slice(2)
const app = name === undefined ? undefined : APPS[name]
if (app === undefined) {
  const isMistake = name !== undefined && name !== '--help'
  if (isMistake) console.error(`There is no app '${name}'.`)
  console.log('npm run app NAME, where NAME is one of')
  for (const [key, { about }] of Object.entries(APPS)) console.log(`  ${key.padEnd(12)}${about}`)
  process.exitCode = isMistake ? 2 : 0
} else {
  const { main, usage } = await app.load()
  if (words.includes('--help')) console.log(usage)
  else
    try {
      await main(words, interruption())
    } catch (error) {
      if (process.env['DEBUG'] || !(error instanceof Error)) throw error
      console.error(error.message)
      if (error instanceof UsageError) console.error(usage)
      process.exitCode = error instanceof UsageError ? 2 : 1
    }
}
