/** A-RACE-01: 200 guesses at once against a budget of five, the right code somewhere among them. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import { cookieOf, openInstallation, outcomeOf, raceGrounds, rounds, tally } from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race 01, parallel guesses, ${ground.name}`, { skip: ground.missing() }, () => {
    it('compares five at most, and lets nobody in whose right code came sixth', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < rounds; round++) {
        const ada = await place.makeAccount()
        const { client, code } = await place.logIn(ada)
        const guesses = wrongCodes(code)
        guesses.splice(randomInt(5, 200), 0, code)

        const replies = await place.race(
          guesses.map((otp) => ({
            method: 'POST',
            path: '/auth/verify-otp',
            headers: { cookie: cookieOf(client) },
            body: { otp },
          })),
        )

        const outcomes = tally(replies.map(outcomeOf))
        const trail = tally(await place.trail(ada))
        const accepted = trail['code.accepted'] ?? 0
        const compared = (trail['code.refused wrong'] ?? 0) + accepted
        const what = JSON.stringify({ outcomes, trail })
        assert.ok(compared <= 5, what)
        assert.equal(outcomes['200'] ?? 0, accepted, what)
        assert.ok(accepted <= 1, what)
        assert.equal(outcomes['503 service_unavailable'] ?? 0, 0, what)
        if (accepted === 0) {
          assert.equal(compared, 5, what)
          const late = await client.post('/auth/verify-otp', { otp: code })
          assert.equal(outcomeOf(late), '401 otp_attempts_exhausted')
        }
      }
      assert.deepEqual(await place.auditFaults(), [])
    })
  })
}

/** 199 of them, all different. */
function wrongCodes(code: string): string[] {
  return Array.from({ length: 199 }, (_, index) =>
    String((Number(code) + index + 1) % 1_000_000).padStart(6, '0'),
  )
}
