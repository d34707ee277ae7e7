// One check of many: a command with our terminal, the time that is left for it, and what became of it. Used by
// `ci.mjs` and `test.mjs`, which count.
//
// Rules: a check that runs out of time is ended with everything it has started, and is a failure with a sentence;
// one that could not run at all says so in the file that CHECK_NOTE names (`notRun` below), ends with 0, and is
// counted as skipped: a check that did not look has not passed.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const NOTE = '.reports/not-run.txt'
const windows = process.platform === 'win32'

/** How long a check may take to put its things away once its time is over, in milliseconds. */
const GRACE = 5_000

/**
 * Runs a check.
 *
 * @param what how the report calls it
 * @param command the command and its arguments
 * @param options `timeout`: milliseconds that are left; none when undefined. `stdio`: default our own output
 * @returns {Promise<{ what: string, state: 'passed' | 'failed' | 'skipped', seconds: number, why: string }>}
 *   never rejects; `why` is a sentence where it did not pass
 */
export async function runCheck(what, command, { timeout, note = NOTE, stdio } = {}) {
  const from = performance.now()
  const ended = (state, why = '') => ({
    what,
    state,
    seconds: (performance.now() - from) / 1000,
    why,
  })
  if (timeout !== undefined && timeout <= 0) return ended('failed', 'no time was left for it')
  rmSync(note, { force: true })
  const [file, ...args] = command
  const child = spawn(file, args, {
    stdio: stdio ?? ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CHECK_NOTE: note },
    shell: windows && file !== process.execPath,
    // A group of its own: what it has started ends with it.
    detached: !windows,
  })
  const end = (signal) => endGroup(child, signal)
  const interrupted = (signal) => {
    end(signal)
    process.exit(130)
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  let late = false
  let last
  const timer =
    timeout &&
    setTimeout(() => {
      late = true
      end('SIGTERM')
      last = setTimeout(end, GRACE, 'SIGKILL')
    }, timeout)
  const status = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', resolve)
  })
  clearTimeout(timer)
  clearTimeout(last)
  process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
  if (late) {
    end('SIGKILL')
    return ended('failed', `was not done in the ${told(timeout)} that were left, and was ended`)
  }
  if (typeof status === 'string') return ended('failed', status)
  if (status !== 0) return ended('failed', `ended with ${status ?? 'a signal'}`)
  return existsSync(note) ? ended('skipped', readFileSync(note, 'utf8').trim()) : ended('passed')
}

/**
 * What a check calls that could not run: says why on its output, and to whoever counts.
 *
 * @param name of the check
 * @param why what is missing, as a sentence
 */
export function notRun(name, why) {
  console.log(`${name}: not run: ${why}`)
  const note = process.env.CHECK_NOTE
  if (!note) return
  mkdirSync(dirname(note), { recursive: true })
  writeFileSync(note, `not run: ${why}\n`)
}

/** One row of a report: how it went, how long it took, and why it did not pass. */
export function row({ what, state, seconds, why }) {
  const word = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[state]
  return `${word} ${seconds.toFixed(1).padStart(6)} s  ${what}${why ? `: ${why}` : ''}`
}

/** The last line of a run: `N passed, N failed`. */
export function totals({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
}

function endGroup(child, signal) {
  try {
    if (windows) child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // It has ended by itself.
  }
}

function told(milliseconds) {
  return milliseconds < 60_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${(milliseconds / 60_000).toFixed(1)} minutes`
}
