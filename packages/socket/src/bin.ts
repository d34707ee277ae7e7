#!/usr/bin/env node
/** `npx @sluice/socket`: connect, listen and relay on the command line. */
import { main } from './io/command/main.ts'

const controller = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    controller.abort()
  })
const { stdin, stdout, stderr } = process
process.exitCode = await main(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  signal: controller.signal,
})
// A terminal that is still being read would keep the process.
stdin.destroy()
