/** Where "now" comes from. Everything that expires asks this and nothing else, so that tests own the time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

/** How far the clocks of two servers, or one clock before and after it was set, may be apart, in ms (F-CLOCK-01, F-CLOCK-02). */
export const clockLeewayMs = 60_000

export const systemClock: Clock = { now: () => Date.now() }
