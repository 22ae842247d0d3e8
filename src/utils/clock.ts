/** Where "now" comes from. Everything that expires asks this and nothing else, so that tests own the time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
