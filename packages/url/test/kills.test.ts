import { randomInt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { diceOf, killDownloads, killSaves } from './kills.ts'

// `KILL_SEED=123` has the same dice again.
const seed = Number(process.env['KILL_SEED']) || randomInt(1, 2 ** 31)
const KILLS = 12

/** What fails says with which dice. */
async function thrown<T>(run: Promise<T>): Promise<T> {
  return run.catch((error: Error) => {
    throw new Error(`${error.message} (KILL_SEED=${seed})`, { cause: error })
  })
}

describe('a process that is killed at any moment', () => {
  console.log(`KILL_SEED=${seed}`)

  test('goes on with its download, and the file is the same byte for byte', async () => {
    const { files, resumed } = await thrown(killDownloads(KILLS, diceOf(seed)))
    expect(files).toBeGreaterThan(1)
    expect(resumed).toBeGreaterThan(0)
  }, 60_000)

  test('leaves the old jar or the new one, and no draft for ever', async () => {
    const { saves } = await thrown(killSaves(KILLS, diceOf(seed)))
    expect(saves).toBeGreaterThanOrEqual(KILLS)
  }, 60_000)
})
