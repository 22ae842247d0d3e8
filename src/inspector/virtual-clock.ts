import type { Clock } from '../utils/clock.ts'

export type VirtualClock = Clock & {
  /** How far it is ahead, in ms. */
  readonly aheadMs: number
  advance(milliseconds: number): void
}

/** Ten years: what is beyond has expired before. */
export const greatestAheadMs = 3_653 * 86_400_000

/**
 * The clock of the server, moved forward and never back: stores hold times that came from it, and one of the future is a fault
 * (F-CLOCK-01). It is ahead until the process ends.
 */
export function createVirtualClock(real: Clock): VirtualClock {
  let aheadMs = 0
  return {
    now: () => real.now() + aheadMs,
    get aheadMs() {
      return aheadMs
    },
    advance(milliseconds) {
      if (!(milliseconds > 0)) throw new RangeError('time goes forward only')
      aheadMs = Math.min(greatestAheadMs, aheadMs + milliseconds)
    },
  }
}
