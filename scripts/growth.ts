/**
 * How the time that something takes grows with its input, for tests that hold it against a line: four times the input
 * takes 4 times as long where the cost is linear, and 16 times where it is quadratic.
 */

/** Between the two, and nearer to neither. */
export const LINEAR = 8

/** How long it may stay unclear, in milliseconds. */
const PATIENCE = 10_000

/**
 * Measures. Short and long runs take turns and the best of each counts, because a busy machine only makes things
 * slower; it ends as soon as the answer is clear.
 *
 * @param prepare makes the run for an input of so many bytes; only the run is timed
 * @param length of the short input; the long one has four times as many
 */
export function growth(prepare: (length: number) => () => void, length = 65_536): number {
  const time = (bytes: number): number => {
    const run = prepare(bytes)
    const begin = performance.now()
    run()
    return performance.now() - begin
  }
  time(length * 4)
  let short = Number.POSITIVE_INFINITY
  let long = Number.POSITIVE_INFINITY
  const until = performance.now() + PATIENCE
  do {
    short = Math.min(short, time(length))
    long = Math.min(long, time(length * 4))
  } while (long / short > LINEAR * 0.75 && performance.now() < until)
  return long / short
}

/**
 * The same for what reads text that is one piece again and again: the shape in which a pattern loses its way.
 *
 * @param piece some characters
 * @param read is given the text, four times each run
 */
export function growthOfText(piece: string, read: (text: string) => unknown): number {
  const prepare = (length: number) => {
    const text = piece.repeat(Math.floor(length / piece.length))
    return () => {
      for (let i = 0; i < 4; i++) read(text)
    }
  }
  return growth(prepare, 16_384)
}
