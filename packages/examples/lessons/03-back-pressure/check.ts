// What has to hold for this lesson to be true.
import { check, run } from '../../lib/lesson.ts'

const worst = (output: string): number => Number(/at worst: ([\d.]+) MiB/.exec(output)?.[1])

const broken = await run(new URL('./broken.ts', import.meta.url))
check('without waiting, nearly everything lies in our memory', worst(broken.output) > 20)
const main = await run(new URL('./main.ts', import.meta.url))
check('with waiting, nearly nothing does', worst(main.output) < 1)
check('and all of it has arrived', main.output.includes('arrived: 40 MiB'))
