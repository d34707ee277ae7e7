import { expect, test } from 'vitest'
import { Race, type RaceRules } from './happy-eyeballs.ts'

const at = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 }) as const
const [v6a, v6b, v4a, v4b] = ['2001:db8::1', '2001:db8::2', '192.0.2.1', '192.0.2.2'].map(at) as [
  ReturnType<typeof at>,
  ReturnType<typeof at>,
  ReturnType<typeof at>,
  ReturnType<typeof at>,
]
const rules: RaceRules = { attemptDelay: 250, resolutionDelay: 50, sort: (addresses) => addresses }

test('nothing is to be done before an answer', () => {
  const race = new Race(rules, [6, 4])
  expect(race.next(0)).toEqual({ do: 'wait', until: Number.POSITIVE_INFINITY })
})

test('§3: the IPv6 answer starts at once, the IPv4 answer waits for the resolution delay', () => {
  const six = new Race(rules, [6, 4])
  six.answered(6, [v6a], 5)
  expect(six.next(5)).toEqual({ do: 'try', address: v6a })
  const four = new Race(rules, [6, 4])
  four.answered(4, [v4a], 5)
  expect(four.next(5)).toEqual({ do: 'wait', until: 55 })
  four.answered(6, [], 20)
  expect(four.next(20)).toEqual({ do: 'try', address: v4a })
})

test('§4: families alternate, beginning with the first of the sorted addresses', () => {
  const race = new Race(
    { ...rules, sort: (list) => [...list].sort((a, b) => a.family - b.family) },
    [6, 4],
  )
  race.answered(6, [v6a, v6b], 0)
  race.answered(4, [v4a, v4b], 0)
  const order = [0, 250, 500, 750].map((now) => race.next(now))
  expect(order).toEqual([v4a, v6a, v4b, v6b].map((address) => ({ do: 'try', address })))
})

test('§5: the next attempt waits for the attempt delay, or for the failure of the last', () => {
  const race = new Race(rules, [6, 4])
  race.answered(6, [v6a, v6b], 0)
  race.answered(4, [v4a], 0)
  race.next(0)
  expect(race.next(0)).toEqual({ do: 'wait', until: 250 })
  race.failed(v6a, 10)
  expect(race.next(10)).toEqual({ do: 'try', address: v4a })
  expect(race.next(10)).toEqual({ do: 'wait', until: 260 })
})

test('an older attempt that fails does not hurry the next one', () => {
  const race = new Race(rules, [6, 4])
  race.answered(6, [v6a, v6b], 0)
  race.answered(4, [v4a], 0)
  race.next(0)
  race.next(250)
  race.failed(v6a, 260)
  expect(race.next(260)).toEqual({ do: 'wait', until: 500 })
})

test('it is over when everything was tried and failed, and no answer is awaited', () => {
  const race = new Race(rules, [6, 4])
  race.answered(4, [v4a], 0)
  race.next(50)
  race.failed(v4a, 60)
  expect(race.next(60)).toEqual({ do: 'wait', until: Number.POSITIVE_INFINITY })
  race.answered(6, [], 70)
  expect(race.next(70)).toEqual({ do: 'give-up' })
})

test('an infinite attempt delay tries one after the other', () => {
  const race = new Race({ ...rules, attemptDelay: Number.POSITIVE_INFINITY }, [4])
  race.answered(4, [v4a, v4b], 0)
  race.next(0)
  expect(race.next(1e9)).toEqual({ do: 'wait', until: Number.POSITIVE_INFINITY })
  race.failed(v4a, 1e9)
  expect(race.next(1e9)).toEqual({ do: 'try', address: v4b })
})
