import { step } from '@sluice/socket/bytes'
import { describe, expect, it } from 'vitest'
import { CLIENT, compile, EVENT, type Place, SERVER } from './state.ts'

const EVENTS = [
  'request',
  'response',
  'interim',
  'data',
  'end',
  'next',
  'last',
  'offer',
  'denied',
  'switched',
  'closed',
  'fault',
] as const

// Every cell that leads somewhere, written out a second time; all others are empty.
const CLIENT_CELLS = `
idle request body | idle closed closed | idle fault error
body data body | body end done | body fault error
done next idle | done last must-close | done offer might-switch | done closed closed | done fault error
might-switch denied done | might-switch switched switched | might-switch closed closed | might-switch fault error
must-close closed closed | must-close fault error
closed closed closed | closed last closed
error closed error | error fault error | error last error`

const SERVER_CELLS = `
idle interim idle | idle response body | idle closed closed | idle fault error
body data body | body end done | body fault error
done next idle | done last must-close | done switched switched | done closed closed | done fault error
must-close closed closed | must-close fault error
closed closed closed | closed last closed
error closed error | error fault error | error last error`

const cells = (text: string) =>
  new Map(
    text
      .trim()
      .split(/\s*[|\n]\s*/)
      .map((cell) => cell.split(' '))
      .map(([state, event, to]) => [`${state} ${event}`, to]),
  )

describe.each([
  ['client', CLIENT, cells(CLIENT_CELLS)],
  ['server', SERVER, cells(SERVER_CELLS)],
] as const)('the table of the %s', (_, table, expected) => {
  for (const state of Object.keys(table))
    for (const event of EVENTS) {
      const to = expected.get(`${state} ${event}`)
      it(`${event} in ${state} ${to === undefined ? 'has no place' : `leads to ${to}`}`, () => {
        expect(step(table, state as never, event as never)).toBe(to)
      })
    }

  it('is the same once it is compiled', () => {
    const places: Record<string, Place<string>> = compile(table)
    expect(Object.keys(places)).toEqual(Object.keys(table))
    for (const state of Object.keys(table))
      for (const event of EVENTS) {
        const to = expected.get(`${state} ${event}`)
        expect(places[state]?.next[EVENT[event]]).toBe(to === undefined ? undefined : places[to])
      }
  })

  it('names no event that the test does not know', () => {
    for (const row of Object.values(table))
      for (const event of Object.keys(row)) expect(EVENTS).toContain(event)
  })
})
