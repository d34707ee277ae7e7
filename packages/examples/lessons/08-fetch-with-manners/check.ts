// What has to hold for this lesson to be true.
import { check, run } from '../../lib/lesson.ts'

const broken = await run(new URL('./broken.ts', import.meta.url))
check(
  'without a memory it goes in circles, until it gives up with a reason',
  broken.error.includes('redirected more than 20 times (ERR_REDIRECT'),
)
const main = await run(new URL('./main.ts', import.meta.url))
const statuses = [...main.output.matchAll(/: (\d{3})$/gm)].map(([, status]) => Number(status))
check('with manners it takes five steps', statuses.join() === '302,303,401,503,200')
check(
  'a cookie is kept from one step to the next',
  main.output.includes('3. /report, cookie in hand'),
)
check('the report is here', main.output.endsWith('here is the report\n'))
check('the password itself never left', !`${main.output}${main.error}`.includes('lovelace'))
