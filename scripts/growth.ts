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
