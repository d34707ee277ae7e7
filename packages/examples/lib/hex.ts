// Bytes as people read them: sixteen a line, in hex and as text.

/** Lines of `48 65 6c 6c 6f  Hello`; anything that does not print is a dot. At most `max` bytes. */
export function hexLines(bytes: Uint8Array, max = 64): string[] {
  const lines: string[] = []
  for (let at = 0; at < Math.min(bytes.length, max); at += 16) {
    const row = bytes.subarray(at, Math.min(at + 16, max))
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    lines.push(`${hex.padEnd(48)} ${printable(row)}`)
  }
  if (bytes.length > max) lines.push(`... ${bytes.length - max} bytes more`)
  return lines
}

/** Bytes as text; what does not print is a dot. */
export function printable(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
  ).join('')
}
