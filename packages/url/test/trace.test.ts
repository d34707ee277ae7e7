import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Response } from '@sluice/http'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { download } from '../src/download.ts'
import { fetch } from '../src/index.ts'
import { ftpServer } from '../src/testing.ts'
import { client, server } from './kit.ts'

interface Event {
  readonly id: number
  readonly parent: number
  readonly layer: string
  readonly name: string
  readonly connection?: number
}

let stop = (): void => {}
afterEach(() => stop())

/** What is told from now on. */
function watch(): Event[] {
  const told: Event[] = []
  const listen = (event: unknown): void => void told.push(event as Event)
  const channels = ['sluice:url', 'sluice:http', 'sluice:socket']
  for (const channel of channels) subscribe(channel, listen)
  stop = () => {
    for (const channel of channels) unsubscribe(channel, listen)
  }
  return told
}

/** The ids that lead from one up to that of a fetch. */
function wayUp(told: readonly Event[], from: number): number[] {
  const way = [from]
  for (let id = from; ; ) {
    const above = told.find((event) => event.id === id && event.parent !== 0)?.parent
    if (above === undefined) return way
    way.push(above)
    id = above
  }
}

test('the ids of an FTP server’s commands and connections lead to the fetch', async () => {
  await using ftp = await ftpServer({ files: { a: 'x' } })
  const told = watch()
  expect(await (await fetch(`${ftp.url}a`)).text()).toBe('x')
  const { id } = told.find(({ name }) => name === 'request') as Event
  const commands = told.filter(({ name }) => name === 'command')
  expect(commands.length).toBeGreaterThan(3)
  expect(new Set(commands.map(({ parent }) => parent))).toEqual(new Set([id]))
  const client = (commands[0] as Event).id
  const connections = told.filter(({ layer, parent }) => layer === 'socket' && parent === client)
  // Control and data.
  expect(new Set(connections.map((event) => event.id)).size).toBeGreaterThanOrEqual(2)
  for (const connection of connections) expect(wayUp(told, connection.id).at(-1)).toBe(id)
})

test('the ids of exchanges lead to the fetch, also behind a redirect, and name their connection', async () => {
  const { url } = await server((request) =>
    new URL(request.url).pathname === '/'
      ? new Response('', { status: 302, headers: { Location: '/there' } })
      : new Response('x'),
  )
  const told = watch()
  expect(await (await fetch(url)).text()).toBe('x')
  const { id } = told.find(({ name, layer }) => layer === 'url' && name === 'request') as Event
  const exchanges = told.filter(({ layer, parent }) => layer === 'http' && parent === id)
  expect(new Set(exchanges.map((event) => event.id)).size).toBe(2)
  const sockets = new Set(told.filter(({ layer }) => layer === 'socket').map((event) => event.id))
  for (const { connection } of exchanges)
    if (connection !== undefined) expect(sockets).toContain(connection)
  expect(exchanges.some(({ connection }) => connection !== undefined)).toBe(true)
  for (const name of ['attempt', 'redirect', 'response'])
    expect(told.some((event) => event.name === name && event.id === id)).toBe(true)
})

test('a fetch leads to what the option trace says, of a call or of its client', async () => {
  const { url } = await server(() => new Response('x'))
  const told = watch()
  await (await fetch(url, { trace: { parent: 77 } })).text()
  await (await client({ trace: { parent: 78 } }).fetch(url)).text()
  const ours = told.filter(({ layer }) => layer === 'url')
  expect(new Set(ours.map(({ parent }) => parent))).toEqual(new Set([77, 78]))
  await expect(fetch(url, { trace: 1 as never })).rejects.toThrow(TypeError)
})

test('the fetches of a download lead to it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-trace-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  let count = 0
  const { url } = await server(() => new Response('x', { status: count++ === 0 ? 503 : 200 }))
  const told = watch()
  await download(url, join(folder, 'x'), { retry: { delay: 1 } })
  const { id } = told.find(({ name }) => name === 'wait') as Event
  const fetches = told.filter(({ layer, name }) => layer === 'url' && name === 'request')
  expect(fetches.map(({ parent }) => parent)).toEqual([id, id])
})
