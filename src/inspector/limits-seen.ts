import type { Limits } from '../stores/limits.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { StateView } from './wire.ts'

export type SeenLimits = { limits: Limits; list(): StateView['limits'] }

/**
 * The same limits, counted for people, and following the clock: they keep their windows by the time of the machine, so where the
 * server's clock has moved on by a whole window they are asked under another key.
 */
export function watchLimits(limits: Limits, clock: VirtualClock): SeenLimits {
  const seen = new Map<string, StateView['limits'][number]>()
  const keyNow = (windowSeconds: number, key: string) => {
    const windows = Math.floor(clock.aheadMs / (windowSeconds * 1_000))
    return windows === 0 ? key : `${key}|${windows}`
  }
  return {
    limits: {
      ...limits,
      async consume(rule, key) {
        const verdict = await limits.consume(rule, keyNow(rule.windowSeconds, key))
        const { name, points, windowSeconds } = rule
        const row = seen.get(name) ?? {
          name,
          allowed: `${points} in ${windowSeconds} s`,
          taken: 0,
          refused: 0,
        }
        row.taken += verdict.allowed ? 1 : 0
        row.refused += verdict.allowed ? 0 : 1
        seen.set(name, row)
        return verdict
      },
      refund: (rule, key) => limits.refund(rule, keyNow(rule.windowSeconds, key)),
    },
    list: () => [...seen.values()],
  }
}
