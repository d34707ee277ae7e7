// Act 3: one fetch, seen in three layers at once, on one time axis.
import { createHash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { serve } from '@sluice/http'
import { fetch, type UrlTraceEvent } from '@sluice/url'
import { has, start } from '../lib/children.ts'
import { folder } from '../lib/folder.ts'
import { printable } from '../lib/printable.ts'
import { bold, complain, dim, green, heading, ms, red, say, size } from './stage.ts'

/** The folder of this very repository. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const CHANNELS = ['sluice:url', 'sluice:http', 'sluice:socket'] as const
const WIDTHS = [34, 40, 40] as const

/** Plays the act. @returns whether everything in it went as it should */
export async function fetchAct(): Promise<boolean> {
  heading(3, 'One fetch, three layers deep')
  const server = await serve(folder(ROOT), { target: '127.0.0.1:0' })
  try {
    const url = `${server.url}LICENSE`
    say(`   Our server serves this repository's folder. One fetch of ${url}:`)
    say()
    const bytes = await traced(url)
    const file = await readFile(new URL('../../../LICENSE', import.meta.url))
    say()
    const expected = sha256(file)
    const results: [who: string, digest: string][] = [['our fetch', sha256(bytes)]]
    if (has('curl')) results.push(['curl', await digestOf('curl', ['-sS', url])])
    if (has('python3')) {
      const program =
        'import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen(sys.argv[1]).read())'
      results.push(['python3 urllib', await digestOf('python3', ['-c', program, url])])
    }
    say(`   SHA-256 of the file     ${expected}`)
    for (const [who, digest] of results)
      say(`   ${who.padEnd(24)}${digest === expected ? green(`${digest}  the same`) : red(digest)}`)
    return results.every(([, digest]) => digest === expected)
  } finally {
    await server.close()
  }
}

/**
 * A URL of the user's, through the same three columns.
 *
 * @param patience milliseconds of silence after which we give up, before the head and inside the body
 */
export async function fetchUrl(url: string, patience: number): Promise<boolean> {
  // What a URL holds before its @ is nobody's to read on a screen.
  heading(3, `One fetch, three layers deep: ${url.replace(/\/\/[^/?#]*@/, '//***@')}`)
  try {
    const bytes = await traced(url, { headers: patience, idle: patience })
    say()
    say(`   ${size(bytes.length)}, SHA-256 ${sha256(bytes)}`)
    return true
  } catch (error) {
    say()
    complain(error instanceof Error ? error.message : String(error))
    return false
  }
}

interface Event {
  id: number
  parent: number
  t: number
  layer: 'url' | 'http' | 'socket'
  name: string
  connection?: number
  [fact: string]: unknown
}

/** Fetches, and prints what each layer did. The events of the server's side are not ours and are left out. */
async function traced(
  url: string,
  timeout: { headers?: number; idle?: number } = {},
): Promise<Uint8Array> {
  const events: Event[] = []
  const keep = (message: unknown): void => {
    const event = { ...(message as UrlTraceEvent) } as unknown as Event
    // Bytes live in a shared read buffer: what is kept is copied.
    if (event['data'] instanceof Uint8Array) event['data'] = event['data'].slice(0, 64)
    events.push(event)
  }
  for (const name of CHANNELS) subscribe(name, keep)
  try {
    const response = await fetch(url, { timeout })
    return new Uint8Array(await response.arrayBuffer())
  } finally {
    // The connection says goodbye after the last byte of the body.
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (const name of CHANNELS) unsubscribe(name, keep)
    show(ours(events))
  }
}

function ours(events: Event[]): Event[] {
  const root = events.find(({ layer }) => layer === 'url')?.id
  const mine = new Set([root])
  for (const event of events) {
    if (!mine.has(event.parent)) continue
    mine.add(event.id)
    if (event.connection !== undefined) mine.add(event.connection)
  }
  return events.filter(({ id }) => mine.has(id))
}

function show(events: Event[]): void {
  const [first, second, third] = WIDTHS
  const titles = ['url', 'http', 'socket'].map((title, i) => bold(title.padEnd(WIDTHS[i] ?? 0)))
  say(`   ${'time'.padStart(9)}  ${titles.join(' ')}`)
  const zero = events[0]?.t ?? 0
  for (const event of events) {
    const column = ['url', 'http', 'socket'].indexOf(event.layer)
    const cells = ['', '', '']
    cells[column] = cut(sentence(event), WIDTHS[column] ?? 0)
    const [url = '', http = '', socket = ''] = cells
    const time = dim(ms(event.t - zero).padStart(9))
    say(`   ${time}  ${url.padEnd(first)} ${http.padEnd(second)} ${socket.padEnd(third)}`.trimEnd())
  }
}

/** One event in a few words. */
function sentence(event: Event): string {
  const { name, direction, bytes, data } = event
  const arrow = direction === 'sent' || name === 'send' ? '->' : '<-'
  const seen =
    typeof data === 'string' ? Buffer.from(data, 'latin1') : (data as Uint8Array | undefined)
  switch (`${event.layer} ${name}`) {
    case 'url request':
      return `${event['method']} ${event['url']}`
    case 'url attempt':
      return `handler for ${event['handler']}`
    case 'url redirect':
      return `${event['status']}, on to ${event['to']}`
    case 'url response':
      return `answered: ${event['status']}`
    case 'http request-head':
      return `${arrow} ${event['method']} ${event['target']}`
    case 'http response-head':
      return `${arrow} ${event['status']}, ${String(event['headers']).trim().split('\r\n').length} fields`
    case 'http body':
      return `${arrow} body: ${bytes} bytes in ${event['pieces']} ${event['pieces'] === 1 ? 'piece' : 'pieces'}`
    case 'http end':
      return 'exchange complete'
    case 'socket lookup':
      return `lookup ${event['hostname']}`
    case 'socket resolved':
      return `is ${(event['addresses'] as string[]).join(', ')}`
    case 'socket attempt':
      return `connect ${event['target']}`
    case 'socket open':
      return 'connected'
    case 'socket send':
    case 'socket receive':
      return `${arrow} ${String(bytes).padStart(5)} bytes  ${printable(seen ?? new Uint8Array(0))}`
    case 'socket end':
      return '<- the end'
    case 'socket shutdown':
      return '-> the end'
    case 'socket close':
      return `closed, ${event['bytesSent']} out, ${event['bytesReceived']} in`
    default:
      return name
  }
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}~` : text
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function digestOf(command: string, args: string[]): Promise<string> {
  const run = start(command, args)
  const status = await run.ended
  return status === 0 ? sha256(run.bytes()) : run.err().trim()
}
