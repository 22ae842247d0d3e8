/** A-RACE-13: a limit of 120 meets 200 requests at once, at one process or two. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fewRounds, openInstallation, outcomeOf, raceGrounds, rounds, tally } from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race 13, limits at the edge, ${ground.name}`, { skip: ground.missing() }, () => {
    it('lets exactly 120 failed refreshes of one address through', async (t) => {
      const place = await openInstallation(t, { ...ground, env: { RATE_LIMITS: 'on' } })
      for (let round = 0; round < rounds; round++) {
        // An address of its own: each round finds a fresh window.
        const localAddress = `127.0.1.${round + 1}`
        const refresh = {
          method: 'POST',
          path: '/auth/refresh',
          body: { refreshToken: 'no token' },
          localAddress,
        }
        const replies = await place.race(Array.from({ length: 200 }, () => refresh))
        assert.deepEqual(tally(replies.map(outcomeOf)), {
          '401 refresh_invalid': 120,
          '429 rate_limited': 80,
        })
      }
    })

    it('A-RACE-05: lets ten wrong passwords through, and not the right one after them', async (t) => {
      const place = await openInstallation(t, { ...ground, env: { RATE_LIMITS: 'on' } })
      for (let round = 0; round < fewRounds; round++) {
        const { email, password } = await place.makeAccount()
        const localAddress = `127.0.2.${round + 1}`
        const login = (guess: string) => ({
          method: 'POST',
          path: '/auth/login',
          body: { email, password: guess },
          localAddress,
        })
        // Fewer than the 60 failures that an address has.
        const replies = await place.race(Array.from({ length: 50 }, (_, index) => login(`wrong ${index}`)))
        assert.deepEqual(tally(replies.map(outcomeOf)), {
          '401 invalid_credentials': 10,
          '429 rate_limited': 40,
        })
        const [late] = await place.race([login(password)])
        assert.equal(late?.status, 429)
      }
    })
  })
}
