// A reader that takes its time: what both versions of this lesson send to.
import { connect, listen } from '@sluice/socket'

/** A connection whose other end reads 64 KiB and then rests, as a phone on a train does. */
export async function toSlowReader() {
  const listener = await listen('127.0.0.1:0')
  const connection = await connect(listener.address)
  const reader = await listener.accept()
  const reading = (async () => {
    let total = 0
    for await (const bytes of reader) {
      total += bytes.length
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all([reader.close(), listener.close()])
    return total
  })()
  return { connection, reading }
}
