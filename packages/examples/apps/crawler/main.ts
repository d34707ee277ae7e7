// The command line of the crawler.
import { readWords, UsageError, wholeNumber } from '../../lib/app.ts'
import { crawl } from './crawl.ts'
import { resolve } from './protocol.ts'
import { isBroken, lineOf, reportOf, type Visit } from './report.ts'

export const usage = `npm run app crawler URL [-- --pages 100 --depth 5 --workers 4 --delay 200 --private --json]
  --pages    most pages        --delay    milliseconds between two of them; robots.txt may ask for more
  --depth    most links away   --private  addresses of this machine and of private networks, too
  --workers  pages at a time   --json     a line of JSON for each page, nothing else`

export async function main(words: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = readWords(words, {
    pages: { type: 'string' },
    depth: { type: 'string' },
    workers: { type: 'string' },
    delay: { type: 'string' },
    private: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  const [address, ...more] = positionals
  if (address === undefined || more.length > 0) throw new UsageError('crawl which URL?')
  const start = resolve(address, 'about:blank')
  if (start === undefined) throw new UsageError(`'${address}' is no http or https URL`)
  const visits: Visit[] = []
  const frontier = await crawl(start, {
    pages: wholeNumber('pages', values.pages, 100, [1, 100_000]),
    depth: wholeNumber('depth', values.depth, 5, [0, 1000]),
    workers: wholeNumber('workers', values.workers, 4, [1, 64]),
    delay: wholeNumber('delay', values.delay, 200, [0, 60_000]),
    allowPrivate: values.private ?? false,
    signal,
    onVisit: (visit) => {
      visits.push(visit)
      console.log(values.json ? JSON.stringify(visit) : lineOf(visit))
    },
  })
  if (!values.json) console.log(['', ...reportOf(visits, frontier)].join('\n'))
  // For scripts: what a link checker found is told by its status, too.
  if (visits.some(isBroken)) process.exitCode = 1
}
