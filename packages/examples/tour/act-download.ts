// Act 5: 64 MiB, made on the spot, downloaded with a progress bar, checksum compared.
import { createHash } from 'node:crypto'
import { serve } from '@sluice/http'
import { fetch } from '@sluice/url'
import { green, heading, ms, Progress, red, say, size } from './stage.ts'

const TOTAL = 64 * 1024 * 1024
const PIECE = 256 * 1024

/** Plays the act. @returns whether the checksums are the same */
export async function downloadAct(): Promise<boolean> {
  heading(5, '64 MiB')
  const made = createHash('sha256')
  const server = await serve(
    () => new Response(numbers(made), { headers: { 'Content-Length': String(TOTAL) } }),
    {
      target: '127.0.0.1:0',
    },
  )
  try {
    const from = performance.now()
    const response = await fetch(server.url)
    const progress = new Progress(TOTAL)
    const received = createHash('sha256')
    let bytes = 0
    for await (const piece of response.body ?? []) {
      received.update(piece)
      bytes += piece.length
      progress.update(bytes)
    }
    const time = performance.now() - from
    const [a, b] = [made.digest('hex'), received.digest('hex')]
    say(
      `   ${size(bytes)} in ${ms(time)}, ${size((bytes / time) * 1000)}/s with both ends and two checksums in this process`,
    )
    say(`   SHA-256 sent      ${a}`)
    say(`   SHA-256 received  ${a === b ? green(`${b}  the same`) : red(b)}`)
    return a === b && bytes === TOTAL
  } finally {
    await server.close()
  }
}

/** Bytes that no two places share for long: 32-bit numbers, each the successor of the last in a full cycle. */
function numbers(hash: ReturnType<typeof createHash>): ReadableStream<Uint8Array> {
  let sent = 0
  let seed = 1
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const words = new Uint32Array(PIECE / 4)
        for (let i = 0; i < words.length; i++) {
          seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
          words[i] = seed
        }
        const bytes = new Uint8Array(words.buffer)
        hash.update(bytes)
        controller.enqueue(bytes)
        sent += bytes.length
        if (sent >= TOTAL) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}
