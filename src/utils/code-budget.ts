/**
 * How many wrong codes one account can be asked to compare (contract 5, security.md D4).
 *
 * - A login has `attemptsPerLogin` tries; resends, restarts, factors and addresses don't refill them.
 * - Failures are also counted per account, across logins. After `failuresBeforeLock` in a row codes are refused for
 *   `firstLockMs`, then after each further `failuresPerFurtherLock` for `secondLockMs`, twice that, four times, ...
 *   A success ends the row and the lock level.
 * - Since the owner's own successes would refill that, a third count ignores them: in one year-long window at most
 *   `failuresPerYear` wrong codes are compared, then codes are refused until the window ends or an operator unlocks.
 *
 * The window begins with the first failure and then stays where it is, which needs one number and one time per account.
 */
export type CodeBudget = {
  attemptsPerLogin: number
  failuresBeforeLock: number
  failuresPerFurtherLock: number
  firstLockMs: number
  secondLockMs: number
  failuresPerYear: number
  yearMs: number
}

/** What is counted of one account. Times in ms since the epoch. */
export type CodeTally = {
  /** Wrong codes since the last success or lock. */
  failures: number
  lockLevel: number
  lockedUntil: number
  yearEndsAt: number
  yearFailures: number
}

const minuteMs = 60_000
const dayMs = 86_400_000

export function codeBudget(settings: { otpAttempts: number }): CodeBudget {
  return {
    attemptsPerLogin: settings.otpAttempts,
    failuresBeforeLock: 2 * settings.otpAttempts,
    failuresPerFurtherLock: settings.otpAttempts,
    firstLockMs: 15 * minuteMs,
    secondLockMs: dayMs,
    failuresPerYear: 60 * settings.otpAttempts,
    yearMs: 365 * dayMs,
  }
}

/**
 * Of an address, for codes that anybody can ask for: registrations, resets, changes to it. A budget of its own, because whoever
 * spends it needs no password and must not take the owner's (D5). Both together stay below what `guessChancePerYear` says.
 */
export function addressCodeBudget(settings: { otpAttempts: number }): CodeBudget {
  return { ...codeBudget(settings), failuresPerYear: 40 * settings.otpAttempts }
}

/** The tally after one more wrong code. A lock that it brings shows in `lockedUntil`. */
export function chargeWrongCode(tally: CodeTally, budget: CodeBudget, now: number): CodeTally {
  const newYear = tally.yearEndsAt <= now
  const yearEndsAt = newYear ? now + budget.yearMs : tally.yearEndsAt
  const yearFailures = newYear ? 1 : tally.yearFailures + 1
  const failures = tally.failures + 1
  const allowed = tally.lockLevel === 0 ? budget.failuresBeforeLock : budget.failuresPerFurtherLock
  if (yearFailures >= budget.failuresPerYear) {
    return { failures: 0, lockLevel: tally.lockLevel + 1, lockedUntil: yearEndsAt, yearEndsAt, yearFailures }
  }
  if (failures < allowed) return { ...tally, failures, yearEndsAt, yearFailures }
  const lockedUntil = now + lockDurationMs(budget, tally.lockLevel)
  return { failures: 0, lockLevel: tally.lockLevel + 1, lockedUntil, yearEndsAt, yearFailures }
}

/** After a right code: the row is over, the year goes on. */
export function clearedTally(tally: CodeTally): CodeTally {
  return { ...tally, failures: 0, lockLevel: 0, lockedUntil: 0 }
}

export function hasFailures(tally: CodeTally): boolean {
  return tally.failures > 0 || tally.lockLevel > 0
}

/** How long the lock of a level lasts: 15 minutes, 24 hours, then twice the one before, at most a year. */
export function lockDurationMs(budget: CodeBudget, level: number): number {
  if (level <= 0) return budget.firstLockMs
  return Math.min(budget.secondLockMs * 2 ** (level - 1), budget.yearMs)
}

/**
 * An upper bound, as a fraction, for the chance that a code of one account is guessed within any 365 days: by somebody who knows
 * the password, plus by anybody through registration, reset or a change of address.
 *
 * Each comparison is right with a chance of 10^-length for each key that codes are accepted under, and counting is atomic
 * with comparing, so no guess is in flight beyond the budget. Any 365 days touch at most two windows: all of one budget at the
 * end of the first and all of the next at the start of the second, hence the factor 2. The owner's successes change nothing.
 */
export function guessChancePerYear(settings: {
  otpAttempts: number
  otpLength: number
  /** How many session secrets codes are accepted under; 1 where it isn't said. */
  secrets?: number
}): number {
  const windowsTouched = 2
  const guesses = codeBudget(settings).failuresPerYear + addressCodeBudget(settings).failuresPerYear
  return (windowsTouched * guesses * (settings.secrets ?? 1)) / 10 ** settings.otpLength
}
