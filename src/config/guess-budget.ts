import { type CodeBudget, guessChancePerYear, lockDurationMs } from '../utils/code-budget.ts'
import { formatDuration } from '../utils/duration.ts'

/** The most that may be configured (contract 5). */
export const greatestGuessChance = 0.01

/** The most tries per login that a code of this length allows; 0 when even one is too many. */
export function greatestAttempts(otpLength: number): number {
  let attempts = 0
  while (attempts < 20 && guessChancePerYear({ otpAttempts: attempts + 1, otpLength }) <= greatestGuessChance)
    attempts++
  return attempts
}

/** `0.06 %`: exact for every setting that is allowed, so that a printed figure stays an upper bound. */
export function formatChance(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(6))} %`
}

/** One sentence for the banner and the docs. */
export function describeLocks(budget: CodeBudget): string {
  const locks = [0, 1, 2, 3].map((level) => formatDuration(lockDurationMs(budget, level)))
  return `${budget.failuresBeforeLock} wrong codes in a row lock the codes of an account for ${locks[0]}, each further ${budget.failuresPerFurtherLock} for ${locks.slice(1).join(', ')}, ...`
}
