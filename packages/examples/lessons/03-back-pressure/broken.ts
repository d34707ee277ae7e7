// The failing version: sending without waiting.
import { toSlowReader } from './slow-reader.ts'

const { connection, reading } = await toSlowReader()
const block = new Uint8Array(65_536)
let most = 0

// #region broken
for (let i = 0; i < 640; i++) {
  void connection.sendAll(block)
  most = Math.max(most, connection.backlog)
}
// #endregion
await connection.close()
console.log(`waiting in our memory at worst: ${(most / 1_048_576).toFixed(1)} MiB`)
await reading.catch(() => {})
