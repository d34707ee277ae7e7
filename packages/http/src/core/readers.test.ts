import { describe, expect, it } from 'vitest'
import { FIELD_BYTE } from './abnf.ts'
import { readFields, resetScratch } from './readers.ts'

const read = (bytes: Uint8Array, from: number): number => {
  resetScratch()
  return readFields(bytes, from, bytes.length, from, false, 8)
}

// Values are looked at four bytes at a time: each byte has to be found in each place of a word, wherever the words begin.
describe('a field value', () => {
  it.each([0, 1, 2, 3])('is judged by every byte, %i bytes into its memory', (shift) => {
    for (let place = 0; place < 9; place++)
      for (let byte = 0; byte < 256; byte++) {
        const bytes = new Uint8Array(shift + 15).fill(0x61)
        bytes.set([0x61, 0x3a], shift)
        bytes.set([0x0d, 0x0a, 0x0d, 0x0a], shift + 11)
        bytes[shift + 2 + place] = byte
        const isLegal = FIELD_BYTE[byte] === 1
        expect(read(bytes, shift) === bytes.length, `byte ${byte} at ${place}`).toBe(isLegal)
      }
  })

  it('may hold bytes above ASCII and tabs in a row', () => {
    const value = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 9 : 0x80 + i))
    const bytes = Uint8Array.from([0x61, 0x3a, ...value, 0x0d, 0x0a, 0x0d, 0x0a])
    expect(read(bytes, 0)).toBe(bytes.length)
  })
})
