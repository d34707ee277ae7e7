/** The pure parts by tables, the server over real connections, the client through its two streams. */
import { PassThrough } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { type Connection, connect, text } from '@sluice/socket'
import { formatEndpoint } from '@sluice/socket/ip'
import { memoryPair } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { joinChat } from './client.ts'
import { deliver, SLOWEST } from './deliver.ts'
import { Bucket, PACE } from './pace.ts'
import { LIMITS, parseCommand, parseName, printable } from './protocol.ts'
import { ROOM, Room } from './room.ts'
import { openChat } from './server.ts'

describe('what people type', () => {
  test.each([
    ['hello', { kind: 'say', text: 'hello' }],
    ['  hello  ', { kind: 'say', text: 'hello' }],
    ['', undefined],
    ['//etc', { kind: 'say', text: '/etc' }],
    ['/me waves', { kind: 'emote', text: 'waves' }],
    ['/msg bob see you', { kind: 'whisper', to: 'bob', text: 'see you' }],
    ['/who', { kind: 'who' }],
    ['/quit', { kind: 'leave' }],
    ['\u001b[31mred', { kind: 'say', text: '·[31mred' }],
    ['nice \u{1f469}\u200d\u{1f680}', { kind: 'say', text: 'nice \u{1f469}\u200d\u{1f680}' }],
  ])('%j', (line, command) => expect(parseCommand(line)).toEqual(command))

  test.each([
    ['/dance', 'there is no /dance'],
    ['/me', '/me what?'],
    ['/msg bob', '/msg whom what?'],
    ['/__proto__', 'there is no /__proto__'],
  ])('%j is refused', (line, reason) => expect(() => parseCommand(line)).toThrow(reason))

  test.each([['ada'], ['Ada_2'], ['李雷'], ['a'.repeat(LIMITS.name)]])('%s is a name', (name) =>
    expect(parseName(` ${name}\r`)).toBe(name),
  )
  test.each([[''], ['a b'], ['/who'], ['a\u0007'], ['a'.repeat(LIMITS.name + 1)], ['\u202eada']])(
    '%j is none',
    (name) => expect(() => parseName(name)).toThrow(SyntaxError),
  )
  test('a terminal is given nothing to obey', () =>
    expect(printable('\u009b2J\u202etxt\r\n')).toBe('·2J·txt··'))
})

describe('the room', () => {
  const lines = (deliveries: { to: string; line: string }[]) =>
    deliveries.map(({ to, line }) => `${to}: ${line}`)

  test('tells all what is said, and one what is whispered', () => {
    const room = new Room<string>()
    room.enter('ada', 'A')
    expect(lines(room.enter('bob', 'B'))).toEqual([
      'B: * ada joined, 1 here',
      'A: * bob joined, 2 here',
      'B: * bob joined, 2 here',
    ])
    expect(lines(room.act('ada', { kind: 'say', text: 'hi' }))).toEqual([
      'A: <ada> hi',
      'B: <ada> hi',
    ])
    expect(lines(room.act('ada', { kind: 'whisper', to: 'BOB', text: 'hi' }))).toEqual([
      'B: ada whispers: hi',
      'A: you whisper to BOB: hi',
    ])
    expect(() => room.act('ada', { kind: 'whisper', to: 'eve', text: 'hi' })).toThrow(
      'eve is not here',
    )
    expect(lines(room.leave('bob'))).toEqual(['A: * bob left, 1 here'])
    expect(room.leave('bob')).toEqual([])
  })
  test('has one of each name, whatever the capitals, and room for so many', () => {
    const room = new Room<number>()
    for (let i = 0; i < ROOM.members; i++) room.enter(`n${i}`, i)
    expect(() => room.enter('N5', 5)).toThrow('N5 is here already')
    expect(() => room.enter('late', 0)).toThrow('the room is full')
  })
  test('shows a newcomer the last lines, and no more than those', () => {
    const room = new Room<string>()
    room.enter('ada', 'A')
    for (let i = 0; i < 1000; i++) room.act('ada', { kind: 'say', text: `${i}` })
    const shown = room.enter('bob', 'B').filter(({ to }) => to === 'B')
    expect(shown).toHaveLength(ROOM.history + 1)
    expect(shown[0]?.line).toBe(`<ada> ${1000 - ROOM.history}`)
  })
})

test('a bucket gives a burst at once, then one at a time', () => {
  const bucket = new Bucket(0)
  for (let i = 0; i < PACE.burst; i++) expect(bucket.take(0)).toBe(0)
  expect(bucket.take(0)).toBe(1000 / PACE.perSecond)
  expect(bucket.take(0)).toBe(2000 / PACE.perSecond)
  // After a long silence it is full again, and not fuller.
  for (let i = 0; i < PACE.burst; i++) expect(bucket.take(1e9)).toBe(0)
  expect(bucket.take(1e9)).toBeGreaterThan(0)
})

describe('the server', () => {
  const open = () => openChat({ hostname: '127.0.0.1', port: 0 })
  const until = async (member: Connection, wanted: string): Promise<string> => {
    let seen = ''
    while (!seen.includes(wanted)) {
      const line = await member.recvLine(8192, { timeout: 10_000 })
      if (line === null) throw new Error(`the end, after ${JSON.stringify(seen)}`)
      seen += `${text(line)}\n`
    }
    return seen
  }
  const enter = async (target: string, name: string): Promise<Connection> => {
    const member = await connect(target)
    await member.sendAll(`${name}\n`)
    await until(member, `* ${name} joined`)
    return member
  }

  test('carries lines from one to the other, and says who has left', async () => {
    await using server = await open()
    const target = formatEndpoint(server.address)
    await using ada = await enter(target, 'ada')
    const bob = await enter(target, 'bob')
    await bob.sendAll('hello \u001b[2J\n')
    expect(await until(ada, 'hello')).toContain('<bob> hello ·[2J\n')
    // Lost, not gone: the others are told all the same.
    bob.destroy()
    expect(await until(ada, 'left')).toContain('* bob left, 1 here')
    await ada.sendAll('/quit\n')
    expect(await ada.recvLine()).toBeNull()
  })

  test('answers what is wrong to whom it concerns, and goes on', async () => {
    await using server = await open()
    const target = formatEndpoint(server.address)
    await using ada = await enter(target, 'ada')
    await using second = await connect(target)
    await second.sendAll('ADA\n\n/who\n')
    const seen = await until(second, 'letters')
    expect(seen).toContain('! ADA is here already\n! a name, please\n')
    await ada.sendAll('/dance\n')
    expect(await until(ada, 'dance')).toBe('! there is no /dance; there are /who /me /msg /quit\n')
  })

  test('a line that never ends is a sentence and the end', async () => {
    await using server = await open()
    await using ada = await enter(formatEndpoint(server.address), 'ada')
    await ada.sendAll('x'.repeat(LIMITS.line + 1))
    expect(await until(ada, '!')).toBe(`! a line has at most ${LIMITS.line} bytes\n`)
  })

  test('who talks too fast is read more slowly, and nothing is lost', async () => {
    await using server = await open()
    await using ada = await enter(formatEndpoint(server.address), 'ada')
    const begun = performance.now()
    // The name was the first line of the burst.
    const count = PACE.burst + 1
    await ada.sendAll(Array.from({ length: count }, (_, i) => `line ${i}\n`).join(''))
    await until(ada, `line ${count - 1}\n`)
    expect(performance.now() - begun).toBeGreaterThan(2 * (1000 / PACE.perSecond) * 0.9)
  })

  test('who does not read is cut off once too much waits for them, and stops nobody', async () => {
    const [sleeper, theirs] = memoryPair()
    const [ada, hers] = memoryPair()
    const line = 'x'.repeat(1000)
    let sent = 0
    for (; sleeper.isOpen && sent < 10_000; sent++) {
      deliver([
        { to: sleeper, line },
        { to: ada, line },
      ])
      expect(text(await hers.recvLine())).toBe(line)
    }
    expect(sent).toBeGreaterThan(SLOWEST / 1001)
    expect(sent).toBeLessThan(1000)
    expect(ada.isOpen).toBe(true)
    for (const end of [theirs, ada, hers]) end.destroy()
  })

  test('shutting down says goodbye, and takes no longer than it has to', async () => {
    const server = await open()
    const ada = await enter(formatEndpoint(server.address), 'ada')
    const begun = performance.now()
    const closing = server.shutdown({ grace: 20_000 })
    expect(await until(ada, 'closing')).toBe('* the chat is closing\n')
    expect(await ada.recvLine()).toBeNull()
    await ada.close()
    await closing
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  test('the client shows what is said, says what is typed, and leaves at the end of its input', async () => {
    await using server = await open()
    await using ada = await enter(formatEndpoint(server.address), 'ada')
    const [input, output] = [new PassThrough(), new PassThrough()]
    const desk = { input, output }
    const joining = joinChat(
      formatEndpoint(server.address),
      'bob',
      desk,
      AbortSignal.timeout(10_000),
    )
    await until(ada, '* bob joined')
    input.end('hello from bob\n')
    await joining
    output.end()
    expect(await textOf(output)).toContain('<bob> hello from bob\n')
    expect(await until(ada, 'left')).toContain('<bob> hello from bob\n* bob left')
  })
})
