/** How many wrong passwords of one address are compared in a row, and how long a new device waits (NIST 800-63B 5.2.2, D5). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  chargePassword,
  nextPasswordTry,
  noFailures,
  type PasswordTally,
  trustsKnown,
} from '../../src/utils/password-budget.ts'

const minuteMs = 60_000

describe('the budget of passwords', () => {
  it('compares fifty at once, then makes each wait: 5, 10 and from then on 15 minutes', () => {
    let tally = noFailures
    let now = 1_000
    const waits: number[] = []
    for (let tries = 0; tries < 99; tries++) {
      tally = chargePassword(tally, now, false)
      waits.push(Math.max(0, nextPasswordTry(tally) - now) / minuteMs)
      now = Math.max(now, nextPasswordTry(tally))
    }
    assert.deepEqual(waits, [...Array(49).fill(0), 5, 10, ...Array(48).fill(15)])
    assert.equal(nextPasswordTry(chargePassword(tally, now, false)), Number.POSITIVE_INFINITY)
  })

  it('counts known browsers apart, and trusts none after a hundred of theirs', () => {
    let tally = noFailures
    for (let tries = 0; tries < 99; tries++) tally = chargePassword(tally, tries, true)
    assert.deepEqual(tally, { failures: 0, nextAt: 0, knownFailures: 99 })
    assert.equal(trustsKnown(tally), true)
    assert.equal(trustsKnown(chargePassword(tally, 99, true)), false)
    assert.equal(nextPasswordTry(tally), 0)
  })

  it('never compares more than a hundred of a kind in a row, whatever the times', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: -3_600_000, max: 400 * 86_400_000 }), fc.boolean()), {
      minLength: 150,
      maxLength: 400,
    })
    fc.assert(
      fc.property(steps, (tries) => {
        const compared = guess(tries)
        assert.ok(compared.strangers <= 100 && compared.known <= 100, JSON.stringify(compared))
      }),
      { numRuns: 200 },
    )
  })

  it('never makes anybody wait for more than 15 minutes before the hundredth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 98 }), fc.integer({ min: 0, max: 2 ** 45 }), (failures, now) => {
        const { nextAt } = chargePassword({ failures, nextAt: 0, knownFailures: 0 }, now, false)
        assert.ok(nextAt <= now + 15 * minuteMs)
      }),
    )
  })

  it('takes a try of one kind from no other', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), fc.nat(), (failures, knownFailures, nextAt) => {
        const tally = { failures, nextAt, knownFailures }
        const { knownFailures: ofKnown, ...ofStrangers } = chargePassword(tally, 5, true)
        assert.deepEqual([ofStrangers, ofKnown], [{ failures, nextAt }, knownFailures + 1])
        assert.equal(chargePassword(tally, 5, false).knownFailures, knownFailures)
      }),
    )
  })
})

/** As the login does it: charged before it is compared, refused before it is charged. */
function guess(tries: [pauseMs: number, isKnown: boolean][]): { strangers: number; known: number } {
  const compared = { strangers: 0, known: 0 }
  let tally: PasswordTally = noFailures
  let now = Date.UTC(2026, 0, 1)
  for (const [pauseMs, claimsKnown] of tries) {
    now += pauseMs
    const isKnown = claimsKnown && trustsKnown(tally)
    if (!isKnown && nextPasswordTry(tally) > now) continue
    tally = chargePassword(tally, now, isKnown)
    compared[isKnown ? 'known' : 'strangers']++
  }
  return compared
}
