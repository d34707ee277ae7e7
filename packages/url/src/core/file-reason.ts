/**
 * Why a file can't be written, in words that say more than those of the system. They are here and not in the table of the
 * socket layer, which has no files.
 */

const WORDS: Readonly<Record<string, string>> = {
  // The system says so of the file; but that one is about to be made.
  ENOENT: 'its folder does not exist',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'the disk is full',
  EFBIG: 'the file is too large',
  EROFS: 'the disk is read-only',
}

/** @returns the facts of a `FetchError` about an error of the system, and about one with words of its own */
export function factsOfWriting(cause: unknown): { cause: unknown; reason?: string } {
  const { code, reason } = cause as { code?: string; reason?: string }
  const words = reason ?? WORDS[code ?? '']
  return words === undefined ? { cause } : { cause, reason: words }
}
