// What has to hold for this lesson to be true.
import { check, run } from '../../lib/lesson.ts'

const broken = await run(new URL('./broken.ts', import.meta.url))
check(
  'nobody listens: the call fails at once, with a reason',
  broken.error.includes('connection refused (ECONNREFUSED'),
)
check('and with a status that says so', broken.status === 1)
const main = await run(new URL('./main.ts', import.meta.url))
check('the server hears the client and answers', main.output.endsWith('You said: Hello, World!\n'))
check('both ends let go: the program ends by itself', main.status === 0)
