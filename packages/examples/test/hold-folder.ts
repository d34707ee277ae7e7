// Run by tour.test.ts: holds a temporary folder until it is interrupted, or throws while it has one.
import { withFolder } from '../lib/temporary.ts'

process.once('SIGINT', () => process.exit(130))
void withFolder('sluice-test-', async (path) => {
  console.log(path)
  if (process.argv[2] === 'throw')
    setTimeout(() => {
      throw new Error('as it was told')
    })
  await new Promise((resolve) => setTimeout(resolve, 10_000))
})
