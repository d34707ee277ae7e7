// What has to hold for this lesson to be true.
import { check, run } from '../../lib/lesson.ts'

const counts = (output: string): number[] =>
  /^(\d+) orders taken, (\d+) answered; (\d+) ticks/.exec(output)?.slice(1).map(Number) ?? []

const [broken, main] = await Promise.all([
  run(new URL('./broken.ts', import.meta.url)),
  run(new URL('./main.ts', import.meta.url)),
])
const [brokenTaken = 0, brokenAnswered = 0, brokenTicks = 0] = counts(broken.output)
check('cut off: there was a rush', brokenTaken >= 100)
check('and orders were taken that nobody heard of again', brokenAnswered < brokenTaken)
check('and the stream broke', brokenTicks > 0 && !broken.output.endsWith('and the end\n'))
const [taken = 0, answered = 0, ticks = 0] = counts(main.output)
check('shut down: there was a rush', taken >= 100)
check('and every order that was taken was answered', answered === taken)
check(
  'and the stream said so and came to its end',
  ticks > 0 && main.output.endsWith('"closing time", and the end\n'),
)
check('the program ends by itself', main.status === 0)
