// `npm run example NAME`: runs one of the example programs, and answers its mistakes in one sentence.
// What a program throws is shown without its stack, since the sentence says what happened; the stack is
// one `DEBUG=1` away.
import { isNetError } from '@sluice/socket/errors'

const EXAMPLES: Record<string, { file: string; about: string }> = {
  'seed-server': {
    file: './seed/server.ts',
    about: 'the server of the founding document: run it first',
  },
  'seed-client': { file: './seed/client.ts', about: 'its client: run it in a second terminal' },
}

const name = process.argv[2]
const example = name === undefined ? undefined : EXAMPLES[name]
if (example === undefined) {
  if (name !== undefined && name !== '--help') console.error(`There is no example '${name}'.`)
  console.log('npm run example NAME, where NAME is one of')
  for (const [key, { about }] of Object.entries(EXAMPLES))
    console.log(`  ${key.padEnd(14)}${about}`)
  process.exitCode = name === '--help' ? 0 : 2
} else {
  process.once('SIGINT', () => {
    console.error(`${name} was interrupted.`)
    process.exit(130)
  })
  try {
    await import(example.file)
  } catch (error) {
    if (process.env['DEBUG'] || !(error instanceof Error)) throw error
    console.error(error.message)
    if (isNetError(error, 'ECONNREFUSED') && name === 'seed-client')
      console.error('Start the server first: npm run example seed-server')
    process.exitCode = 1
  }
}
