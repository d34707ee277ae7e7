/**
 * Texts as FTP transfers them (TYPE A): lines that end in CR LF on the wire and in LF here.
 *
 * Rules it keeps:
 * - Only CR LF is the end of a line. A CR alone stays: it is in the text.
 * - A piece may end between the two: whoever decodes remembers the CR.
 */
import { type Bytes, concat } from '@sluice/socket/bytes'

const CR = 13
const LF = 10

/** From the wire to here. */
export class AsciiDecoder {
  #endedInCr = false

  /** @returns the text without the CR of each CR LF */
  push(piece: Uint8Array): Bytes {
    const out = new Uint8Array(piece.length + 1)
    let length = 0
    for (const byte of piece) {
      if (this.#endedInCr && byte !== LF) out[length++] = CR
      this.#endedInCr = byte === CR
      if (byte !== CR) out[length++] = byte
    }
    return out.subarray(0, length)
  }

  /** A text that ends in CR. */
  end(): Bytes {
    return this.#endedInCr ? Uint8Array.of(CR) : new Uint8Array(0)
  }
}

/** From here to the wire: LF becomes CR LF, and CR LF stays. */
export class AsciiEncoder {
  #last = 0

  push(piece: Uint8Array): Bytes {
    const parts: Uint8Array[] = []
    let start = 0
    for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, at + 1)) {
      const before = at === 0 ? this.#last : piece[at - 1]
      if (before === CR) continue
      parts.push(piece.subarray(start, at), Uint8Array.of(CR))
      start = at
    }
    this.#last = piece[piece.length - 1] ?? this.#last
    return concat([...parts, piece.subarray(start)])
  }
}
