/** A-RACE-17: 200 exchanges of one session at once: many access tokens, one refresh family. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cookieOf, openInstallation, outcomeOf, raceGrounds, rounds, tally } from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race 17, parallel tokens, ${ground.name}`, { skip: ground.missing() }, () => {
    it('starts one refresh family', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < rounds; round++) {
        const client = await place.enter(await place.makeAccount())
        const headers = { cookie: cookieOf(client) }
        const token = { method: 'POST', path: '/auth/token', headers, body: { refresh: true } }

        const replies = await place.race(Array.from({ length: 200 }, () => token))

        assert.deepEqual(tally(replies.map(outcomeOf)), { 200: 200 })
        assert.equal(new Set(replies.map(({ body }) => body.refreshToken)).size, 1)
        assert.equal(new Set(replies.map(({ body }) => body.accessToken)).size, 200)
        const refreshToken = replies[0]?.body.refreshToken
        assert.equal((await client.post('/auth/refresh', { refreshToken })).status, 200)
      }
    })
  })
}
