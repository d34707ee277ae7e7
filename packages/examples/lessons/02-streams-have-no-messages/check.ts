// What has to hold for this lesson to be true.
import { check, run } from '../../lib/lesson.ts'

const broken = await run(new URL('./broken.ts', import.meta.url))
const [, first = ''] = /the first order is "(.*)"/.exec(broken.output) ?? []
check('what was sent in three pieces came as one', first === 'buy 100sell 5stop')
const main = await run(new URL('./main.ts', import.meta.url))
const orders = main.output.trimEnd().split('\n')
check('three orders arrive, however they were sent', orders.length === 3)
check('the one that was cut in two is whole', orders[2] === 'an order: "stop"')
check('the program ends by itself', main.status === 0)
