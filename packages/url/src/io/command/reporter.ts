/** How a download is told on the error output: a bar, plain lines, JSON, or not at all. */
import type { Progress } from '../../core/meter.ts'
import { formatProgress, formatProgressPlain } from '../../core/progress-line.ts'
import { formatBytes } from '../../core/units.ts'
import type { Download } from '../download.ts'
import { jsonLine, type Stage } from './stage.ts'

/** Told what becomes of one file. */
export interface Reporter {
  progress(progress: Progress): void
  done(download: Download): void
  failed(message: string): void
}

/** A line in a log, so often in milliseconds. */
const PLAIN_EVERY = 10_000

/**
 * Makes a reporter.
 *
 * @param name of the file
 */
export function reporterFor(
  name: string,
  url: string,
  stage: Stage,
  how: { json: boolean; silent: boolean },
): Reporter {
  if (how.json) return jsonReporter(name, url, stage)
  if (how.silent) return { progress() {}, done() {}, failed: (message) => say(stage, message) }
  return stage.stderr.isTTY ? barReporter(name, stage) : plainReporter(name, stage)
}

function barReporter(name: string, stage: Stage): Reporter {
  const { stderr } = stage
  let isOpen = false
  const clear = (): void => {
    if (isOpen) stderr.write('\r\u001b[K')
    isOpen = false
  }
  return {
    progress: (progress) => {
      clear()
      // One column is left free: a full line makes some terminals begin the next one. Where nobody has said how wide it is,
      // as behind script(1), a terminal has none.
      stderr.write(formatProgress(name, progress, (stderr.columns || 80) - 1))
      isOpen = true
    },
    done: (download) => {
      clear()
      stderr.write(`${doneLine(name, download)}\n`)
    },
    failed: (message) => {
      clear()
      say(stage, message)
    },
  }
}

function plainReporter(name: string, stage: Stage): Reporter {
  let last = performance.now()
  return {
    progress: (progress) => {
      if (performance.now() - last < PLAIN_EVERY) return
      last = performance.now()
      stage.stderr.write(`${formatProgressPlain(name, progress)}\n`)
    },
    done: (download) => void stage.stderr.write(`${doneLine(name, download)}\n`),
    failed: (message) => say(stage, message),
  }
}

function jsonReporter(file: string, url: string, stage: Stage): Reporter {
  const tell = (event: string, facts: object): void => tellJson(stage, event, { file, ...facts })
  return {
    progress: (progress) => tell('progress', progress),
    done: (download) => tell('done', download),
    failed: (message) => tell('failed', { url, message }),
  }
}

/** One event, on a line of its own. */
export function tellJson(stage: Stage, event: string, facts: object): void {
  stage.stderr.write(jsonLine({ event, ...facts }))
}

function doneLine(name: string, { bytes, resumedAt }: Download): string {
  const resumed = resumedAt > 0 ? `, resumed at ${formatBytes(resumedAt)}` : ''
  return `${name}: ${formatBytes(bytes)}${resumed}`
}

function say(stage: Stage, message: string): void {
  stage.stderr.write(`sluice-url: ${message}\n`)
}
