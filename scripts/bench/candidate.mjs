// One candidate of a claim, in a process of its own: `node candidate.mjs FILE NAME`.
// A server prints `port N`. A codec prints `ready`, then answers each line `MILLISECONDS` on its standard
// input with one line of JSON: how many units it did and how much CPU time that took, in microseconds.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [file, name] = process.argv.slice(2)
const { claim } = await import(pathToFileURL(file))
const made = await claim.candidates[name]()

if (claim.load) console.log(`port ${made}`)
else {
  const { pass, units } = made
  let sink = 0
  console.log('ready')
  for await (const line of createInterface({ input: process.stdin })) {
    const until = performance.now() + Number(line)
    const before = process.cpuUsage()
    let passes = 0
    do {
      sink ^= pass()
      passes++
    } while (performance.now() < until)
    const { user, system } = process.cpuUsage(before)
    console.log(JSON.stringify({ count: passes * units, user, system }))
  }
  // Read, so that no engine can leave the work out.
  if (sink === 0.5) console.log(sink)
}
