import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatChance, greatestAttempts } from '../../src/config/guess-budget.ts'
import { readSettings } from '../../src/config/settings.ts'
import {
  type CodeTally,
  chargeWrongCode,
  clearedTally,
  codeBudget,
  guessChancePerYear,
  lockDurationMs,
} from '../../src/utils/code-budget.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]

test('the default budget', () => {
  assert.deepEqual(codeBudget({ otpAttempts: 5 }), {
    attemptsPerLogin: 5,
    failuresBeforeLock: 10,
    failuresPerFurtherLock: 5,
    firstLockMs: 15 * minute,
    secondLockMs: 24 * hour,
    failuresPerYear: 300,
    yearMs: 365 * day,
  })
})

test('locks last 15 minutes, a day, then twice the one before, at most a year', () => {
  const budget = codeBudget({ otpAttempts: 5 })
  const locks = [0, 1, 2, 3, 4, 9, 10, 2_000].map((level) => lockDurationMs(budget, level))
  assert.deepEqual(locks, [15 * minute, day, 2 * day, 4 * day, 8 * day, 256 * day, 365 * day, 365 * day])
})

test('the chance of guessing a code is 0.1 % by default', () => {
  assert.equal(guessChancePerYear({ otpAttempts: 5, otpLength: 6 }), 0.001)
  assert.equal(formatChance(0.001), '0.1 %')
  assert.equal(formatChance(guessChancePerYear({ otpAttempts: 19, otpLength: 9 })), '0.00038 %')
})

test('no 365 days let more guesses through than the printed chance says', () => {
  // The best attacker there can be: guesses whenever no lock holds, and the owner's successes clear the row in between.
  const budget = codeBudget({ otpAttempts: 1 })
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: budget.yearMs / 40 }),
    ownerLogsIn: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 500 }), (steps) => {
      const compared: number[] = []
      let tally: CodeTally = { failures: 0, lockLevel: 0, lockedUntil: 0, yearEndsAt: 0, yearFailures: 0 }
      let now = 0
      for (const { waitMs, ownerLogsIn } of steps) {
        now += waitMs
        if (tally.lockedUntil > now) continue
        if (ownerLogsIn) tally = clearedTally(tally)
        tally = chargeWrongCode(tally, budget, now)
        compared.push(now)
      }
      const within = (from: number) => compared.filter((at) => at >= from && at < from + budget.yearMs).length
      const most = Math.max(...compared.map(within))
      assert.ok(most / 1e6 <= guessChancePerYear({ otpAttempts: 1, otpLength: 6 }))
    }),
    { numRuns: 50 },
  )
})

test('settings above 1 % are refused in both modes, with the figure and what would fit', () => {
  const env = {
    SESSION_SECRET: 'k3Wq9vT1xZ7bN5mR2pL8sD4fG6hJ0aYc',
    SMTP_URL: 'smtp://mail.example',
    OTP_LENGTH: '5',
    OTP_ATTEMPTS: '6',
  }
  for (const mode of ['development', 'production'] as const) {
    assert.throws(() => readSettings(env, mode), {
      mistakes: [
        {
          name: 'OTP_LENGTH',
          wrong:
            '5 digits with OTP_ATTEMPTS=6 can be guessed with a chance of 1.2 % per account and year; at most 1 % is allowed',
          fix: 'Use 6 digits, or OTP_ATTEMPTS=5 or fewer.',
        },
      ],
    })
    assert.equal(readSettings({ ...env, OTP_ATTEMPTS: '5' }, mode).settings.otpAttempts, 5)
  }
})

test('four digits are too few for any number of tries', () => {
  assert.equal(greatestAttempts(4), 0)
  assert.throws(
    () => readSettings({ OTP_LENGTH: '4', OTP_ATTEMPTS: '1' }, 'development'),
    /2 % .*Use 6 digits\.$/,
  )
})
