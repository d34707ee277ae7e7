// What has to hold for this lesson to be true.
import { check, run } from '../../lib/lesson.ts'
import { malformed } from './messages.ts'

const [broken, main] = await Promise.all([
  run(new URL('./broken.ts', import.meta.url)),
  run(new URL('./main.ts', import.meta.url)),
])
check(
  'who takes pieces for messages sees four of them',
  broken.output.trimEnd().split('\n').length === 4,
)
check('and none that was sent', !broken.output.includes('/hello'))
const [good = '', bad = ''] = main.output.trimEnd().split('\n\n')
const lamps = [...good.matchAll(/\[(\S+)\]/g)].map(([, state]) => state)
check(
  'the lamps go through the message, and through the next',
  lamps.join(' ') === 'head body body idle head must-close',
)
check('a byte at a time gives the request that was sent', good.includes('" request'))
const sentences = bad.split('\n').map((line) => line.replace(/^byte \d+ of \d+: /, ''))
check('every malformed message is refused', sentences.length === malformed.length)
check(
  'each for a reason of its own',
  new Set(sentences).size === malformed.length &&
    sentences.every((s) => s.includes('ERR_PROTOCOL')),
)
const early = bad.split('\n').filter((line) => {
  const [, byte, of] = /^byte (\d+) of (\d+)/.exec(line) ?? []
  return Number(byte) < Number(of)
})
check('most of them before they are complete', early.length > malformed.length / 2)
check('the program ends by itself', main.status === 0)
