// `npm start`: the tour. One program that shows the same bytes pass through three layers, in six acts. It ends
// with status 0 when all of them went as they should, and leaves nothing behind; every figure is measured here
// and now.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { endAll, stillRunning } from '../lib/children.ts'
import { brokenAct } from './act-broken.ts'
import { connectionAct } from './act-connection.ts'
import { downloadAct } from './act-download.ts'
import { fetchAct, fetchUrl } from './act-fetch.ts'
import { bold, green, heading, ms, pause, red, say } from './stage.ts'

const HELP = `npm start [-- OPTIONS] [URL]

  Shows the same bytes pass through three layers: socket, http, url.

  URL        fetch this URL (http:, file:, data:) instead, and show its three layers
  --yes      do not wait for Enter between the acts
  --help     this text`

// `npm start | head` closes our output early: that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  endAll()
  process.exit(0)
})

const started = performance.now()
const args = process.argv.slice(2)
const urls = args.filter((arg) => !arg.startsWith('-'))
const unknown = args.find(
  (arg) => arg.startsWith('-') && !['--yes', '-y', '--help', '-h'].includes(arg),
)

if (args.includes('--help') || args.includes('-h')) say(HELP)
else if (unknown !== undefined || urls.length > 1) {
  console.error(unknown === undefined ? 'One URL at a time.' : `There is no option ${unknown}.`)
  console.error(HELP)
  process.exitCode = 2
} else {
  // Ctrl-C: our children end with us, by their ids.
  process.once('SIGINT', () => {
    endAll()
    say('\nThe tour was interrupted.')
    process.exit(130)
  })
  process.exitCode = (await tour(urls[0])) ? 0 : 1
}

async function tour(url: string | undefined): Promise<boolean> {
  const options = { yes: args.includes('--yes') || args.includes('-y') }
  if (url !== undefined) return fetchUrl(url)
  // On a first run the map was shown while we were being installed.
  if (!process.env['SLUICE_MAP_SHOWN']) {
    say(bold('1. The map'))
    say(readFileSync(new URL('./map.txt', import.meta.url), 'utf8').trimEnd())
  }
  const before = leftovers()
  for (const act of [connectionAct, fetchAct, brokenAct, downloadAct]) {
    await pause(options)
    if (await act()) continue
    say(red('\n   This act did not go as it should.'))
    endAll()
    return false
  }
  await pause(options)
  return farewell(before)
}

/** What could be left of a run: processes of ours, open handles, files. */
function leftovers(): { sockets: number; files: number } {
  const handles = process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|UDP|Pipe(?!Wrap$)|Server/.test(name))
  const folder = tmpdir()
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.startsWith('sluice-tour-'))
    : []
  return { sockets: handles.length, files: files.length }
}

async function farewell(before: { sockets: number; files: number }): Promise<boolean> {
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
