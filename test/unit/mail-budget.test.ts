/** How many mails strangers can have sent to one address, and when they leave (A-RST-07). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { chargeMail, type MailTally } from '../../src/utils/mail-budget.ts'

const windowMs = 30_000
const hourMs = 3_600_000
const start = Date.UTC(2026, 0, 1)
const unused: MailTally = { windowEndsAt: 0, inWindow: 0, hourEndsAt: 0, inHour: 0 }

describe('the budget of mails', () => {
  it('lets three of a window leave at once; what comes beyond waits for its end', () => {
    const leave = ask([0, 1_000, 2_000, 3_000, 29_999]).map((sendAt) => sendAt && sendAt - start)
    assert.deepEqual(leave, [0, 1_000, 2_000, 30_000, 30_000])
  })

  it('begins another window with the first mail after it', () => {
    const leave = ask([0, 0, 0, 30_000, 30_000, 30_000, 59_999]).map((sendAt) => sendAt && sendAt - start)
    assert.deepEqual(leave, [0, 0, 0, 30_000, 30_000, 30_000, 60_000])
  })

  it('sends twelve in an hour, and none until it is over', () => {
    const times = Array.from({ length: 14 }, (_, n) => n * windowMs)
    const leave = ask([...times, hourMs - 1, hourMs])
    assert.deepEqual(
      leave.map((sendAt) => sendAt !== undefined),
      [...Array(12).fill(true), false, false, false, true],
    )
  })

  it('counts the one that takes the place of another with it', () => {
    const rules = { windowMs, isHourLimited: true, replaces: true }
    let tally: MailTally = {
      windowEndsAt: start + windowMs,
      inWindow: 4,
      hourEndsAt: start + hourMs,
      inHour: 12,
    }
    for (let n = 0; n < 50; n++) {
      const charged = chargeMail(tally, start, rules)
      assert.equal(charged?.sendAt, start + windowMs)
      tally = charged?.tally ?? tally
    }
    assert.equal(tally.inHour, 12)
    assert.equal(chargeMail(tally, start, { ...rules, replaces: false }), undefined)
    // Once the window is over it is a mail of its own.
    assert.equal(chargeMail(tally, start + windowMs, rules), undefined)
  })

  it('has no hour while limits are off', () => {
    const leave = ask(
      Array.from({ length: 100 }, (_, n) => n * windowMs),
      false,
    )
    assert.ok(leave.every((sendAt) => sendAt !== undefined))
  })

  it('never lets more than three leave at once in a window, nor twelve in its hour, whatever the times', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(pauses, (all) => {
        let tally = unused
        let now = start
        const perHour = new Map<number, number>()
        const perWindow = new Map<number, number>()
        for (const pause of all) {
          now += pause
          const charged = chargeMail(tally, now, { windowMs, isHourLimited: true, replaces: false })
          if (!charged) continue
          tally = charged.tally
          assert.ok(charged.sendAt >= now && charged.sendAt < now + windowMs)
          perHour.set(tally.hourEndsAt, (perHour.get(tally.hourEndsAt) ?? 0) + 1)
          if (charged.sendAt > now) continue
          perWindow.set(tally.windowEndsAt, (perWindow.get(tally.windowEndsAt) ?? 0) + 1)
        }
        assert.ok([...perHour.values()].every((count) => count <= 12))
        assert.ok([...perWindow.values()].every((count) => count <= 3))
      }),
      { numRuns: 300 },
    )
  })
})

/** When each mail leaves that is asked for at a time after the start. */
function ask(times: number[], isHourLimited = true): (number | undefined)[] {
  let tally = unused
  return times.map((time) => {
    const charged = chargeMail(tally, start + time, { windowMs, isHourLimited, replaces: false })
    tally = charged?.tally ?? tally
    return charged?.sendAt
  })
}
