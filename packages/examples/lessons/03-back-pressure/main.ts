// The reader sets the pace: whoever waits for a send sends no faster than the other end reads.
import { toSlowReader } from './slow-reader.ts'

const { connection, reading } = await toSlowReader()
const block = new Uint8Array(65_536)
let most = 0

// #region wait
for (let i = 0; i < 640; i++) {
  await connection.sendAll(block)
  most = Math.max(most, connection.backlog)
}
// #endregion
await connection.shutdown('write')
console.log(`waiting in our memory at worst: ${(most / 1_048_576).toFixed(1)} MiB`)
console.log(`and all of it has arrived: ${((await reading) / 1_048_576).toFixed(0)} MiB`)
await connection.close()
