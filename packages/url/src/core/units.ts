/** Bytes and times as people write and read them. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

/**
 * Reads a number of bytes: `500`, `500k`, `2.5m`, `1G`; steps of a thousand.
 *
 * @returns nothing for what is none
 */
export function parseBytes(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text.trim()) ?? []
  if (number === undefined || unit === undefined) return undefined
  return Number(number) * (FACTORS[unit.toLowerCase()] ?? 1)
}

/** Writes a number of bytes with two or three digits: `999 B`, `1.5 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** Writes a time: `0:07`, `12:30`, `1:02:03`. */
export function formatTime(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const minutes = two((seconds / 60) % 60)
  return seconds < 3600
    ? `${Number(minutes)}:${two(seconds % 60)}`
    : `${Math.floor(seconds / 3600)}:${minutes}:${two(seconds % 60)}`
}
