// What has to hold for this lesson to be true.
import { check, run } from '../../lib/lesson.ts'

const [broken, { output }] = await Promise.all([
  run(new URL('./broken.ts', import.meta.url)),
  run(new URL('./main.ts', import.meta.url)),
])
check('a file that was cut off is taken for a whole one', broken.output.includes('NOT the file'))
check('and nobody says so', broken.status === 0 && broken.output.includes('done\n'))
const went = [...output.matchAll(/: (\d+) bytes, (\d+) of them were here/g)]
check('both are here, the one over HTTP and the one over FTP', went.length === 2)
check(
  'both went on where they were cut off',
  went.every(([, all, here]) => Number(here) > 1_000_000 && Number(here) < Number(all)),
)
check('both are what the servers have', output.match(/byte for byte/g)?.length === 2)
check('a part has no name yet', /killed: map\.bin\.part \(\d+\), map\.bin\.part\.json/.test(output))
