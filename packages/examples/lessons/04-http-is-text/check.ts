// What has to hold for this lesson to be true.
import { endAll } from '../../lib/children.ts'
import { check, run, startProgram } from '../../lib/lesson.ts'

const running = run(new URL('./broken.ts', import.meta.url))
const main = startProgram(new URL('./main.ts', import.meta.url))
const broken = await running
check(
  'without the empty line the server waits, and then says so',
  broken.output.startsWith('HTTP/1.1 408 '),
)

await main.says('in a browser')
check('the one who answers sees the lines of the request', main.out().includes('asked  GET /hello'))
check('the one who asks sees those of the answer', main.out().includes('told   HTTP/1.1 200 OK'))
const [url = ''] = /http:\S+/.exec(main.out()) ?? []
const response = await globalThis.fetch(url)
const page = await response.text()
check('a client that we did not write takes it for HTTP', response.status === 200)
check('and for a page', response.headers.get('content-type') === 'text/html')
check('and finds its end', page.endsWith('typed this by hand.</p>\n'))
await main.says('asked  user-agent')
check('what that client asked can be read as well', main.out().includes('asked  accept'))
endAll()
