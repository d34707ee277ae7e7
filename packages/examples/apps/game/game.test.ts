/** Datagrams by tables, the two sides against each other on a line that loses a third, and all of it over real UDP. */
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from '@sluice/http'
import { udp } from '@sluice/socket'
import { formatEndpoint } from '@sluice/socket/ip'
import { datagramLink } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { type Desk, play } from './client.ts'
import { Match, TIMES } from './match.ts'
import { PATIENCE, Player } from './player.ts'
import {
  checkName,
  formatToPlayer,
  formatToServer,
  LIMITS,
  type Move,
  parseToPlayer,
  parseToServer,
  type ToPlayer,
  type ToServer,
} from './protocol.ts'
import { draw, readKeys } from './screen.ts'
import { openGame } from './server.ts'
import { openGrandstand } from './watch.ts'
import { BOARD, step, World } from './world.ts'

/** Chance that is the same every time (Park and Miller's). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 0x7fffffff
    return state / 0x7fffffff
  }
}

const cookie = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])
const UP: ToServer[] = [
  { kind: 'join', cookie, name: 'ada' },
  { kind: 'join', cookie, name: 'é'.repeat(6) },
  { kind: 'input', session: 0xffffffff, first: 7, moves: [1, 2, 3, 4] },
  { kind: 'input', session: 1, first: 0, moves: [] },
  { kind: 'leave', session: 5 },
]
const piece = { id: 1, x: 39, y: 15, score: 65_535, name: 'ada' }
const DOWN: ToPlayer[] = [
  { kind: 'challenge', cookie },
  { kind: 'welcome', session: 5, id: 16 },
  { kind: 'refused', reason: 'full' },
  { kind: 'snapshot', tick: 1, applied: 2, pieces: [], coins: [] },
  {
    kind: 'snapshot',
    tick: 9,
    applied: 0,
    pieces: [piece, { ...piece, id: 2, name: '李' }],
    coins: [{ x: 1, y: 2 }],
  },
]

describe('datagrams', () => {
  test.each(UP)('of players: %j', (message) =>
    expect(parseToServer(formatToServer(message))).toEqual(message),
  )
  test.each(DOWN)('of the server: %j', (message) =>
    expect(parseToPlayer(formatToPlayer(message))).toEqual(message),
  )
  test('cut anywhere they are nothing at all, and so is what has a byte too many', () => {
    for (const bytes of [...UP.map(formatToServer), ...DOWN.map(formatToPlayer)])
      for (const other of [...Array(bytes.length).keys()].map((size) => bytes.subarray(0, size))) {
        const [up, down] = [parseToServer(other), parseToPlayer(other)]
        // Shorter moves and shorter reasons are messages, too.
        if (up !== undefined) expect(up.kind).toBe('input')
        if (down !== undefined) expect(down.kind).toBe('refused')
      }
    for (const message of DOWN.filter(({ kind }) => kind !== 'refused'))
      expect(parseToPlayer(Uint8Array.from([...formatToPlayer(message), 0]))).toBeUndefined()
  })
  test('of strangers are nothing at all, whatever is in them', () => {
    const random = chance(7)
    for (let i = 0; i < 20_000; i++) {
      const bytes = Uint8Array.from({ length: random() * 80 }, () => random() * 256)
      if (i % 2) bytes.set([0x53, 0x47, 1].slice(0, bytes.length))
      expect(() => [parseToServer(bytes), parseToPlayer(bytes)]).not.toThrow()
    }
    expect(
      parseToServer(Uint8Array.from([...formatToServer(UP[2] as ToServer), 5])),
    ).toBeUndefined()
  })
  test('of a full board pass everywhere', () => {
    const pieces = Array.from({ length: LIMITS.players }, (_, id) => ({
      ...piece,
      id,
      name: 'x'.repeat(LIMITS.name),
    }))
    const coins = Array.from({ length: LIMITS.coins }, () => ({ x: 1, y: 1 }))
    const bytes = formatToPlayer({ kind: 'snapshot', tick: 1, applied: 1, pieces, coins })
    expect(bytes.length).toBeLessThan(LIMITS.datagram)
  })
  test.each([[''], ['x'.repeat(13)], ['图图图图图'], ['a b'], ['\u001b[2J']])(
    '%j is no name',
    (name) => expect(() => checkName(name)).toThrow(RangeError),
  )
})

describe('the world', () => {
  test('has walls', () => {
    const corner = { x: 0, y: 0 }
    expect([step(corner, 1), step(corner, 4)]).toEqual([corner, corner])
    const other = { x: BOARD.width - 1, y: BOARD.height - 1 }
    expect([step(other, 2), step(other, 3)]).toEqual([other, other])
    expect(step({ x: 5, y: 5 }, 1)).toEqual({ x: 5, y: 4 })
  })
  test('gives a coin to who steps on it, and has as many as before', () => {
    const world = new World(chance(1))
    const { id, x, y } = world.enter('ada') as { id: number; x: number; y: number }
    world.coins[0] = step({ x, y }, x > 0 ? 4 : 2)
    world.move(id, x > 0 ? 4 : 2)
    expect(world.pieces.get(id)?.score).toBe(1)
    expect(world.coins).toHaveLength(LIMITS.coins)
  })
})

describe('the server', () => {
  const matchOf = () => {
    const random = chance(3)
    const cookies = {
      random,
      cookie: (address: string, now: number) =>
        Uint8Array.from([address.length, now / 30_000, 3, 4, 5, 6, 7, 8]),
    }
    return new Match(cookies)
  }
  const join = (match: Match, from: string, now = 0, name = 'ada'): number => {
    const asked = match.receive(
      formatToServer({ kind: 'join', cookie: new Uint8Array(8), name }),
      from,
      now,
    )
    const challenge = parseToPlayer(asked as Uint8Array) as ToPlayer & { kind: 'challenge' }
    const answer = match.receive(
      formatToServer({ kind: 'join', cookie: challenge.cookie, name }),
      from,
      now,
    )
    const welcome = parseToPlayer(answer as Uint8Array)
    if (welcome?.kind !== 'welcome') throw new Error(JSON.stringify(welcome))
    return welcome.session
  }

  test('lets nobody in who was not reached where they say they are, and shouts at nobody', () => {
    const match = matchOf()
    const request = formatToServer({ kind: 'join', cookie: new Uint8Array(8), name: 'ada' })
    for (let i = 0; i < 1000; i++) {
      const answer = match.receive(request, `10.0.0.${i}:1`, 0) as Uint8Array
      expect(answer.length).toBeLessThanOrEqual(request.length)
    }
    expect(match.players).toBe(0)
    // The cookie of another address, and one that is too old.
    const [other, old] = [
      match.receive(request, '1:1', 0),
      match.receive(request, 'a:b', 0),
    ] as Uint8Array[]
    const withCookie = (answer: Uint8Array | undefined) =>
      formatToServer({ kind: 'join', cookie: (answer as Uint8Array).slice(4), name: 'ada' })
    match.receive(withCookie(other), 'longer:1', 0)
    match.receive(withCookie(old), 'a:b', 90_000)
    expect(match.players).toBe(0)
    match.receive(withCookie(old), 'a:b', 31_000)
    expect(match.players).toBe(1)
  })
  test('says welcome once more when the first was lost, and makes nobody twice', () => {
    const match = matchOf()
    const session = join(match, 'a')
    const again = match.receive(formatToServer(UP[0] as ToServer), 'a', 0) as Uint8Array
    expect(parseToPlayer(again)).toEqual({ kind: 'welcome', session, id: 1 })
    expect(match.players).toBe(1)
  })
  test('has so many places', () => {
    const match = matchOf()
    for (let i = 0; i < LIMITS.players; i++) join(match, `a${i}`)
    expect(() => join(match, 'late')).toThrow('the board is full')
  })
  test('applies a move once, one a tick, in its order, and from its own player only', () => {
    const match = matchOf()
    const session = join(match, 'a')
    const input = (first: number, moves: Move[], from = 'a') =>
      match.receive(formatToServer({ kind: 'input', session, first, moves }), from, 0)
    const applied = (): number =>
      (parseToPlayer(match.tick(0)[0]?.bytes as Uint8Array) as { applied: number }).applied
    input(0, [1, 1])
    input(0, [1, 1])
    input(5, [2])
    input(0, [3], 'b')
    expect([applied(), applied(), applied()]).toEqual([1, 2, 2])
    // As many as one may send: those that find no room are not taken, and come again.
    input(2, Array<Move>(LIMITS.moves).fill(2))
    for (let i = 0; i < LIMITS.moves; i++) match.tick(0)
    expect(applied()).toBeLessThan(2 + LIMITS.moves)
  })
  test('forgets who is silent, and at once who says goodbye', () => {
    const match = matchOf()
    const session = join(match, 'a')
    join(match, 'b')
    match.receive(formatToServer({ kind: 'leave', session }), 'a', 0)
    expect([match.players, match.world.pieces.size]).toEqual([1, 1])
    match.tick(TIMES.silence)
    expect(match.players).toBe(1)
    match.tick(TIMES.silence + 1)
    expect([match.players, match.world.pieces.size]).toEqual([0, 0])
  })

  test.each([[0], [0.1], [0.35], [0.7]])(
    'and two players agree in the end, with %d of all datagrams lost',
    (loss) => {
      const random = chance(11)
      const match = matchOf()
      const players = new Map(['a', 'b'].map((from) => [from, new Player(from, 0)]))
      let pressed = 0
      let now = 0
      const turn = (isPlaying: boolean): void => {
        now += TIMES.tick
        for (const [from, player] of players) {
          if (isPlaying && player.hasJoined && player.press((1 + Math.floor(random() * 4)) as Move))
            pressed++
          const bytes = player.poll(now)
          const answer = random() < loss ? undefined : match.receive(bytes, from, now)
          if (answer !== undefined && random() >= loss) player.receive(answer, now)
        }
        for (const { to, bytes } of match.tick(now)) {
          const player = players.get(to) as Player
          const before = player.view()?.pieces.find(({ name }) => name === to)
          if (random() >= loss) player.receive(bytes, now)
          // What was foretold came true: hearing of it moves nobody.
          const after = player.view()?.pieces.find(({ name }) => name === to)
          if (before !== undefined) expect([after?.x, after?.y]).toEqual([before.x, before.y])
        }
      }
      for (let i = 0; i < 300; i++) turn(true)
      for (let i = 0; i < 300; i++) turn(false)
      expect(pressed).toBeGreaterThan(100)
      for (const [from, player] of players) {
        expect(player.pending).toBe(0)
        const truth = [...match.world.pieces.values()].find(({ name }) => name === from)
        expect(player.view()?.pieces.find(({ name }) => name === from)).toEqual(truth)
      }
    },
  )
})

describe('the player', () => {
  test('sees a step before the server has heard of it', () => {
    const player = new Player('ada', 0)
    player.receive(formatToPlayer({ kind: 'welcome', session: 1, id: 1 }), 0)
    const pieces = [{ ...piece, x: 5, y: 5 }]
    const snapshot = { kind: 'snapshot', tick: 5, applied: 0, pieces, coins: [] } as const
    player.receive(formatToPlayer(snapshot), 0)
    player.press(2)
    expect(player.view()?.pieces[0]).toMatchObject({ x: 6, y: 5 })
    // Late, and from before: no news.
    player.receive(formatToPlayer({ ...snapshot, tick: 4, pieces: [] }), 0)
    expect(player.view()?.pieces[0]).toMatchObject({ x: 6, y: 5 })
  })
  test('has patience, and an end of it', () => {
    const player = new Player('ada', 0)
    expect(() => player.poll(PATIENCE)).not.toThrow()
    expect(() => player.poll(PATIENCE + 1)).toThrow('no word from the server for 3 seconds')
    expect(() => player.receive(formatToPlayer({ kind: 'refused', reason: 'full' }), 0)).toThrow(
      'refused: full',
    )
  })
})

test.each([
  ['w', [1]],
  ['\u001b[A\u001b[C\u001b[B\u001b[D', [1, 2, 3, 4]],
  ['xq', ['quit']],
  ['\u0003', ['quit']],
  ['\u001b[3~\u001bOA', []],
])('keys %j', (keys, moves) => expect(readKeys(keys)).toEqual(moves))

test('the board is drawn', () => {
  const picture = draw({
    me: 1,
    pieces: [
      { ...piece, x: 0, y: 0, score: 1 },
      { ...piece, id: 2, x: 2, y: 0, name: 'bob', score: 3 },
    ],
    coins: [{ x: 4, y: 0 }],
  })
  expect(picture.split('\n')[1]?.slice(0, 7)).toBe('|@ b $ ')
  expect(picture.split('\n').at(-1)).toBe('bob 3  ada (you) 1')
})

describe('over UDP', () => {
  const place = { hostname: '127.0.0.1', port: 0 }
  const until = async (holds: () => boolean): Promise<void> => {
    for (const end = performance.now() + 10_000; !holds(); await sleep(10))
      if (performance.now() > end) throw new Error('it never came to that')
  }
  const desk = (): Desk & { press(keys: string): void; pictures: string[] } => {
    let listener = (_: string): void => {}
    const pictures: string[] = []
    return {
      pictures,
      press: (keys) => listener(keys),
      onKeys(given) {
        listener = given
        return () => {}
      },
      show: (picture) => pictures.push(picture),
    }
  }
  const never = new AbortController().signal

  test('two play, one of them over a line that loses a quarter, and both leave', async () => {
    await using game = await openGame(place)
    await using line = await datagramLink(game.address, { loss: 0.25, latency: 20, seed: 5 })
    const [ada, bob] = [desk(), desk()]
    const games = [
      play(game.address, 'ada', ada, never),
      play(formatEndpoint(line.address), 'bob', bob, never),
    ]
    await until(() => game.match.players === 2)
    const at = (name: string) => [...game.match.world.pieces.values()].find((p) => p.name === name)
    const before = at('bob') as { x: number }
    // Seven steps: some datagrams are lost for sure, and none of the steps.
    bob.press((before.x < 20 ? 'd' : 'a').repeat(7))
    await until(() => Math.abs((at('bob')?.x ?? 0) - before.x) === 7)
    await until(() => bob.pictures.length > 0 && ada.pictures.at(-1)?.includes('bob') === true)
    ada.press('q')
    bob.press('q')
    const [scores] = await Promise.all(games)
    expect(scores).toMatch(/ada \(you\) \d+/)
    // Bob's goodbye may be one of those that are lost.
    await until(() => at('ada') === undefined)
  })
  test('nobody there is a sentence', async () => {
    await using nobody = await udp(place)
    const playing = play(formatEndpoint(nobody.address), 'ada', desk(), never)
    await expect(playing).rejects.toThrow('no word from the server for 3 seconds')
  }, 15_000)
  test('the grandstand shows what is so, to as many as come', async () => {
    await using game = await openGame(place)
    await using page = await openGrandstand(game.match, place)
    game.match.world.enter('ada')
    const html = await request(`${page.url}`)
    expect(html.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    expect(await html.text()).toContain('EventSource')
    const events = await request(`${page.url}events`)
    const reader = (events.body as ReadableStream<Uint8Array>).getReader()
    const { value } = await reader.read()
    expect(new TextDecoder().decode(value)).toContain('"name":"ada"')
    await reader.cancel()
  })
})
