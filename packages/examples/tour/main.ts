// `npm start`: the tour. One program that shows the same bytes pass through three layers, in six acts. It ends
// with status 0 when all of them went as they should, and leaves nothing behind; every figure is measured here
// and now.
import { readFileSync } from 'node:fs'
import { endAll, stillRunning } from '../lib/children.ts'
import { brokenAct } from './act-broken.ts'
import { connectionAct } from './act-connection.ts'
import { downloadAct } from './act-download.ts'
import { fetchAct, fetchUrl } from './act-fetch.ts'
import { type Leftovers, leftovers } from './leftovers.ts'
import { bold, complain, green, heading, ms, pause, red, say } from './stage.ts'

const HELP = `npm start [-- OPTIONS] [URL]

  Shows the same bytes pass through three layers: socket, http, url.

  URL            fetch this URL (http:, https:, ftp:, file:, data:) instead, and show its three layers
  --timeout=S    give up on it after S seconds of silence; default 10
  --yes          do not wait for Enter between the acts
  --help         this text`

// However we end, our children end with us, by their ids.
process.on('exit', endAll)
// `npm start | head` closes our output early: that is no error of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })

const started = performance.now()
const args = process.argv.slice(2)
const urls = args.filter((arg) => !arg.startsWith('-'))
const OPTIONS = /^(--yes|-y|--help|-h|--timeout=\d+(\.\d+)?)$/
const unknown = args.find((arg) => arg.startsWith('-') && !OPTIONS.test(arg))
const patience = Number(args.find((arg) => arg.startsWith('--timeout='))?.slice(10) ?? 10) * 1000

if (args.includes('--help') || args.includes('-h')) say(HELP)
else if (unknown !== undefined || urls.length > 1) {
  console.error(unknown === undefined ? 'One URL at a time.' : `There is no option ${unknown}.`)
  console.error(HELP)
  process.exitCode = 2
} else {
  // process.exit() runs what is registered for the end: children and temporary folders.
  for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
    process.once(signal, () => {
      say('\nThe tour was interrupted.')
      process.exit(status)
    })
  process.exitCode = (await tour(urls[0])) ? 0 : 1
}

async function tour(url: string | undefined): Promise<boolean> {
  const options = { yes: args.includes('--yes') || args.includes('-y') }
  if (url !== undefined) return fetchUrl(url, patience)
  // On a first run the map was shown while we were being installed.
  if (!process.env['SLUICE_MAP_SHOWN']) {
    say(bold('1. The map'))
    say(readFileSync(new URL('./map.txt', import.meta.url), 'utf8').trimEnd())
  }
  const before = leftovers()
  let well = true
  for (const act of [connectionAct, fetchAct, brokenAct, downloadAct]) {
    await pause(options)
    if (await plays(act)) continue
    say(red('\n   This act did not go as it should.'))
    endAll()
    well = false
  }
  await pause(options)
  return (await farewell(before)) && well
}

/** Plays an act; what it throws is one sentence, and the next act goes on. */
async function plays(act: () => Promise<boolean>): Promise<boolean> {
  try {
    return await act()
  } catch (error) {
    if (process.env['DEBUG'] || !(error instanceof Error)) throw error
    complain(error.message)
    return false
  }
}

async function farewell(before: Leftovers): Promise<boolean> {
  heading(6, 'What was left behind')
  // The platform's fetch keeps its connections for a while, and closing takes a turn of the loop.
  let after = leftovers()
  for (let i = 0; i < 100 && after.sockets > before.sockets; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    after = leftovers()
  }
  const counts = [
    ['processes', stillRunning()],
    ['sockets', after.sockets - before.sockets],
    ['files', after.files - before.files],
  ] as const
  const clean = counts.every(([, count]) => count <= 0)
  say(
    `   ${counts.map(([what, count]) => `${Math.max(0, count)} ${what}`).join(', ')}: ${clean ? green('nothing') : red('something')}`,
  )
  say(`   The whole tour took ${ms(performance.now() - started)}.`)
  say()
  say('   Next:')
  say('     npm run example seed-server     and, in a second terminal, npm run example seed-client')
  say('     npm start -- http://127.0.0.1:8000/   a URL of yours, three layers deep')
  say('     npm test                        proves all of this')
  say(
    '     ARCHITECTURE.md                 follow one byte from fetch to the kernel, in ten minutes',
  )
  return clean
}
