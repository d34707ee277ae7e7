/** A download in one line: how much is here, how fast it comes, how long it takes, and where it went on. */
import type { Progress } from './meter.ts'
import { formatBytes, formatTime } from './units.ts'

/** The bar is no shorter, or it tells nothing. */
const SHORTEST_BAR = 10

/**
 * Writes the line.
 *
 * @param width columns of the terminal; the line is no longer
 */
export function formatProgress(name: string, progress: Progress, width: number): string {
  const { total, bytes } = progress
  const facts = factsOf(progress)
  const label = name.length > 24 ? `${name.slice(0, 21)}...` : name
  if (total === undefined || total === 0) return cut(`${label}  ${facts}`, width)
  const share = Math.min(1, bytes / total)
  const percent = `${Math.floor(share * 100)}%`.padStart(4)
  const room = width - label.length - facts.length - percent.length - 5
  if (room < SHORTEST_BAR) return cut(`${label} ${percent}  ${facts}`, width)
  const size = Math.min(room, 40)
  const full = Math.round(share * size)
  return `${label} ${percent} ${'█'.repeat(full)}${'░'.repeat(size - full)}  ${facts}`
}

/** The same without a bar, for what is no terminal. */
export function formatProgressPlain(name: string, progress: Progress): string {
  const { total, bytes } = progress
  const share = total ? ` ${Math.floor((bytes / total) * 100)}%` : ''
  return `${name}:${share} ${factsOf(progress)}`
}

function factsOf({ bytes, total, rate, left, resumedAt }: Progress): string {
  const facts = [
    total === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`,
  ]
  if (rate > 0) facts.push(`${formatBytes(rate)}/s`)
  if (left !== undefined && left > 0) facts.push(`${formatTime(left)} left`)
  if (resumedAt > 0) facts.push(`resumed at ${formatBytes(resumedAt)}`)
  return facts.join(', ')
}

function cut(line: string, width: number): string {
  return line.length > width ? line.slice(0, width) : line
}
