// What has to hold for this lesson to be true.
import { check, run } from '../../lib/lesson.ts'

const broken = await run(new URL('./broken.ts', import.meta.url))
check('the filter lets it through', broken.output.includes('the filter reads good.example'))
check(
  'and the fetcher brings what nobody was to see',
  broken.output.endsWith('the fetcher brings: the secret of this machine\n'),
)
const main = await run(new URL('./main.ts', import.meta.url))
check(
  'explain() shows both readings',
  main.output.includes('one reading leads to good.example, the other one to 127.0.0.1\n'),
)
check('and warns of a filter and a fetcher', main.output.includes('a filter that reads one'))
check(
  'the harmless text goes on, as what it will be fetched as',
  main.output.includes('goes on as http://good.example/b\n'),
)
check('the four others are refused', main.output.match(/is refused: it leads to /g)?.length === 4)
