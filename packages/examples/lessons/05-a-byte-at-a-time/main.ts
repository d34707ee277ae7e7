// A parser that knows after each byte where in the message it is, and says which byte breaks a rule.
import { Http1Machine } from '@sluice/http/parser'
import { toBytes } from '@sluice/socket/bytes'
import { lit } from './lit.ts'
import { malformed, message } from './messages.ts'

// #region feed
function feed(machine: Http1Machine, letter: string): string[] {
  machine.receive(toBytes(letter))
  return [...machine.events()].map(({ type }) => type)
}

const machine = new Http1Machine('server')
let since = ''
for (const letter of message) {
  const events = feed(machine, letter)
  since += letter
  if (events.length > 0 || since.length === 1)
    console.log(lit(machine), JSON.stringify(since), ...events)
  if (events.length > 0) since = ''
}
// #endregion
console.log('')

// #region refuse
for (const text of malformed) {
  const strict = new Http1Machine('server')
  let fed = ''
  try {
    for (const letter of text) {
      fed += letter
      feed(strict, letter)
    }
  } catch (error) {
    console.log(`byte ${fed.length} of ${text.length}: ${(error as Error).message}`)
  }
}
// #endregion
