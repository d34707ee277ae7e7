// The command line of the comparison.
import { availableParallelism } from 'node:os'
import { noMore, readWords, roleOf, wholeNumber } from '../../lib/app.ts'
import { measure } from './measure.ts'
import { type Result, tableOf, WAYS } from './protocol.ts'

export const usage = `npm run app scale run [-- --workers 2 --seconds 2]
  one loop, threads and processes: who answers how many, when the work is to wait, and when it is to compute`

export async function main(words: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = readWords(words, {
    workers: { type: 'string' },
    seconds: { type: 'string' },
  })
  noMore(roleOf(positionals, 'run')[1])
  const cores = availableParallelism()
  const workers = wholeNumber('workers', values.workers, cores, [1, 64])
  const seconds = wholeNumber('seconds', values.seconds, 2, [1, 60])
  console.log(
    `${workers} threads, then ${workers} processes, on ${cores} processors; 32 ask at a time`,
  )
  const results: Result[] = []
  for (const way of WAYS) results.push(...(await measure(way, { workers, seconds }, signal)))
  const ofKind = (kind: string): Result[] => results.filter((result) => result.kind === kind)
  console.log(tableOf([...ofKind('waiting'), ...ofKind('computing')]))
}
