#!/usr/bin/env node
/** `npx @sluice/url`: prints or downloads what is behind URLs, and tells what they mean, on the command line. */
import { main } from './io/command/main.ts'

const controller = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    controller.abort()
  })
const { stdout, stderr } = process
stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // Nobody reads our output any more (`| head`): the end, and nothing to tell.
  if (code !== 'EPIPE') stderr.write(`sluice-url: the output can't be written: ${message}\n`)
  process.exit(23)
})
const { signal } = controller
const stage = { stdin: () => process.stdin, stdout, stderr, signal }
process.exitCode = await main(process.argv.slice(2), stage)
