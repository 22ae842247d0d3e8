import type { Clock } from '../../src/utils/clock.ts'
import { parseDuration } from '../../src/utils/duration.ts'

export type ManualClock = Clock & {
  /** Moves the time: `advance('11m')`, `advance(1)` for a millisecond, `advance(-5_000)` for a clock that jumps back. */
  advance(duration: string | number): void
}

/** Time that stands still until the test moves it. */
export function createManualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startMs
  return {
    now: () => now,
    advance(duration) {
      const milliseconds = typeof duration === 'number' ? duration : parseDuration(duration)
      if (milliseconds === undefined) throw new Error(`Not a duration: ${duration}`)
      now += milliseconds
    },
  }
}

/** The machine's own time, moved by what the test advances: for those who compare it with a clock that is not the test's. */
export function createRunningClock(): ManualClock {
  const moved = createManualClock(0)
  return { now: () => Date.now() + moved.now(), advance: moved.advance }
}
