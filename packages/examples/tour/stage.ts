// How the tour shows itself: headings, paragraphs, the pause between acts, a progress bar. On a terminal it has
// colours and waits for Enter; anywhere else it prints plain lines and runs through.
import { createInterface } from 'node:readline'

const terminal = process.stdout.isTTY === true
const colours = terminal && !process.env['NO_COLOR']

/** What the user asked for. */
export interface StageOptions {
  /** Do not wait between acts. */
  yes: boolean
}

/** Wraps text in a colour, on a terminal. */
function paint(code: number, text: string): string {
  return colours ? `\u001b[${code}m${text}\u001b[0m` : text
}
export const bold = (text: string): string => paint(1, text)
export const dim = (text: string): string => paint(2, text)
export const green = (text: string): string => paint(32, text)
export const red = (text: string): string => paint(31, text)
export const blue = (text: string): string => paint(34, text)

/** Prints one line. */
export function say(line = ''): void {
  console.log(line)
}

/** Says what went wrong, on the error output. */
export function complain(sentence: string): void {
  const coloured = process.stderr.isTTY === true && !process.env['NO_COLOR']
  console.error(`   ${coloured ? `\u001b[31m${sentence}\u001b[0m` : sentence}`)
}

/** Begins an act. */
export function heading(number: number, title: string): void {
  say()
  say(bold(`${number}. ${title}`))
  say()
}

/** Waits for Enter where there is somebody to press it. */
export async function pause({ yes }: StageOptions): Promise<void> {
  if (yes || !terminal || process.stdin.isTTY !== true) return
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  await new Promise<void>((resolve) => {
    lines.question(dim('\n   Enter for the next act '), () => resolve())
    lines.on('close', () => resolve())
    // readline keeps Ctrl-C for itself; the tour has one answer to it.
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  })
  lines.close()
}

/** Milliseconds, in the width of a column. */
export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`
}

/** A number of bytes as people say it. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

/** Shows how far something of a known size has come: one moving line on a terminal, four lines elsewhere. */
export class Progress {
  readonly #total: number
  readonly #started = performance.now()
  #shown = 0
  #last = 0

  constructor(total: number) {
    this.#total = total
  }

  update(bytes: number): void {
    const now = performance.now()
    const done = bytes / this.#total
    if (terminal) {
      if (now - this.#last < 50 && done < 1) return
      this.#last = now
      process.stdout.write(`\r${this.#line(bytes, now)}\u001b[K${done < 1 ? '' : '\n'}`)
    } else if (done >= (this.#shown + 1) / 4) {
      this.#shown = Math.floor(done * 4)
      say(this.#line(bytes, now))
    }
  }

  #line(bytes: number, now: number): string {
    const seconds = (now - this.#started) / 1000
    const rate = bytes / Math.max(seconds, 0.001)
    const left = (this.#total - bytes) / rate
    const filled = Math.round((bytes / this.#total) * 24)
    const bar = '#'.repeat(filled) + '.'.repeat(24 - filled)
    const percent = `${Math.floor((bytes / this.#total) * 100)}%`.padStart(4)
    return `   [${bar}] ${percent}  ${size(bytes)}  ${size(rate)}/s  ETA ${left.toFixed(1)} s`
  }
}
