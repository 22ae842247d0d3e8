/**
 * How many wrong passwords of one address are compared, from browsers that have never logged in to it (security.md D5,
 * NIST 800-63B 5.2.2: at most 100 in a row).
 *
 * - The first `freeFailures` in a row are compared as they come, held down by the limits of the network they come from.
 * - Then one try is compared after `firstWaitMs`, the next after twice that, and so on up to `longestWaitMs`: a new device of
 *   the owner gets its turn within minutes once the guessing stops.
 * - After `mostFailures` none is. A browser that has logged in before (its cookie says so) is counted apart, and is a stranger
 *   after as many failures of such browsers. A login of the owner, a reset by code or an operator clears the rows: so nobody is
 *   locked out by a stranger.
 */
export const passwordBudget = {
  freeFailures: 50,
  mostFailures: 100,
  firstWaitMs: 5 * 60_000,
  longestWaitMs: 15 * 60_000,
}

/** Of one address. `nextAt` in ms: no try is compared before. */
export type PasswordTally = {
  failures: number
  nextAt: number
  /** Of browsers that have logged in before. */
  knownFailures: number
}

export const noFailures: PasswordTally = { failures: 0, nextAt: 0, knownFailures: 0 }

/** When the next try may be compared: a time that is past for "now", `Infinity` for never. */
export function nextPasswordTry(tally: PasswordTally): number {
  return tally.failures >= passwordBudget.mostFailures ? Number.POSITIVE_INFINITY : tally.nextAt
}

/** Whether browsers that have logged in before are still taken for that. */
export function trustsKnown(tally: PasswordTally): boolean {
  return tally.knownFailures < passwordBudget.mostFailures
}

/** The tally with one more try in it. It is charged before it is compared, and cleared when it was right (D3). */
export function chargePassword(tally: PasswordTally, now: number, isKnown: boolean): PasswordTally {
  if (isKnown) return { ...tally, knownFailures: tally.knownFailures + 1 }
  const failures = tally.failures + 1
  const { freeFailures, firstWaitMs, longestWaitMs } = passwordBudget
  const slowed = failures - freeFailures
  const waitMs = slowed < 0 ? 0 : Math.min(firstWaitMs * 2 ** slowed, longestWaitMs)
  return { ...tally, failures, nextAt: waitMs === 0 ? 0 : now + waitMs }
}
