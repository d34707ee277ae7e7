/** Lines on their way to members, none of whom can stop the others. */
import type { ByteStream } from '@sluice/socket'
import type { Delivery } from './room.ts'

/** Bytes that may wait for one member. */
export const SLOWEST = 65_536

/**
 * Sends lines, and waits for nobody: what a member has not taken yet waits in their buffer. Whoever lets more pile up than
 * that may hold is cut off, or one who does not read would take the memory of all.
 */
export function deliver(deliveries: readonly Delivery<ByteStream>[]): void {
  for (const { to, line } of deliveries)
    if (to.backlog > SLOWEST) to.destroy()
    // That a member was lost is noticed where their lines are read.
    else to.send(`${line}\n`).catch(() => {})
}
