import { text } from '@sluice/socket'
import { memoryPair } from '@sluice/socket/testing'
import { formatTraceText, tap, watch } from '@sluice/socket/trace'
import { expect, test, vi } from 'vitest'

/** Sends a greeting through a pair and gives both ends back, closed. */
async function greet(): Promise<void> {
  const [a, b] = memoryPair()
  await a.sendAll('Hello, World!\r\n')
  await b.recvExactly(15)
  a.destroy()
  b.destroy()
}

test('a line for each event, with as many bytes as asked for', async () => {
  const lines: string[] = []
  {
    using _watching = watch((line) => lines.push(line), { bytes: 4 })
    await greet()
  }
  await greet()
  const names = lines.map((line) => /socket (\w+)/.exec(line)?.[1])
  expect(names).toEqual(expect.arrayContaining(['open', 'send', 'receive', 'close']))
  expect(lines.find((line) => line.includes(' send '))).toMatch(
    /^ *\d+\.\d{3} #\d+ +socket send bytes=15\n {11}48 65 6c 6c {37} Hell\n {11}\(11 more\)$/,
  )
  // Nothing of the second greeting: the watch had ended.
  expect(names.filter((name) => name === 'send')).toHaveLength(1)
})

test('an object for each event; bytes stay out unless asked for', async () => {
  for (const bytes of [0, Number.POSITIVE_INFINITY]) {
    const lines: string[] = []
    const watching = watch((line) => lines.push(line), { format: 'json', bytes })
    await greet()
    watching.stop()
    const sent = lines.map((line) => JSON.parse(line)).find(({ name }) => name === 'send')
    expect(sent).toMatchObject({ layer: 'socket', bytes: 15 })
    expect(sent.data).toBe(
      bytes === 0 ? undefined : Buffer.from('Hello, World!\r\n').toString('hex'),
    )
  }
})

test('what a peer wrote can not forge a line', () => {
  const event = {
    id: 1,
    parent: 0,
    t: 1,
    layer: 'socket' as const,
    name: 'failed',
    target: 'a\n9 #2 socket open',
  }
  expect(formatTraceText(event)).toBe(
    '     1.000 #1       socket failed target="a\\n9 #2 socket open"',
  )
})

test('a tap sees the bytes of one connection, in both directions', async () => {
  const [a, b] = memoryPair()
  const [c, d] = memoryPair()
  let seen = ''
  const tapped = tap(a, {
    sent: (bytes) => (seen += `>${text(bytes.slice())}`),
    received: (bytes) => (seen += `<${text(bytes.slice())}`),
  })
  await c.sendAll('other')
  await d.recv()
  await a.sendLatin1('ping')
  await b.recv()
  await b.sendAll('pong')
  await a.recv()
  tapped.stop()
  await a.sendAll('unseen')
  for (const end of [a, b, c, d]) end.destroy()
  expect(seen).toBe('>ping<pong')
})

test.each([
  [
    'throws',
    () => {
      throw new Error('bug')
    },
  ],
  ['rejects', () => Promise.reject(new Error('bug'))],
])('who only looks on, and %s, is printed once and looks on no more', async (_, look) => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  const [a, b] = memoryPair()
  const watching = [watch(look), tap(a, { sent: look })]
  for (let i = 0; i < 2; i++) {
    await a.sendAll('ping')
    expect(text(await b.recv())).toBe('ping')
    await new Promise(setImmediate)
  }
  expect(print.mock.calls.map(([says, error]) => [says, error.message])).toEqual([
    ['watch: the function threw', 'bug'],
    ['tap: the function threw', 'bug'],
  ])
  print.mockRestore()
  for (const one of [...watching, a, b]) 'stop' in one ? one.stop() : one.destroy()
})

test.each([
  [undefined, {}],
  [() => {}, { format: 'xml' }],
  [() => {}, { layers: ['ftp'] }],
  [() => {}, { bites: 1 }],
])('watch(%s, %j) is refused', (write, options) => {
  expect(() => watch(write as never, options as never)).toThrow(TypeError)
})
