/** A-RACE-03: one refresh token, used 200 times at once: one successor, one chain. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fewRounds, openInstallation, outcomeOf, raceGrounds, rounds, tally } from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race 03, one refresh token used at once, ${ground.name}`, { skip: ground.missing() }, () => {
    it('gives everybody the same successor', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < rounds; round++) {
        const ada = await place.makeAccount()
        const client = await place.enter(ada)
        const { refreshToken } = (await client.post('/auth/token', { refresh: true })).body
        const refresh = { method: 'POST', path: '/auth/refresh', body: { refreshToken } }

        const replies = await place.race(Array.from({ length: 200 }, () => refresh))

        assert.deepEqual(tally(replies.map(outcomeOf)), { 200: 200 })
        const successors = new Set(replies.map(({ body }) => body.refreshToken))
        assert.equal(successors.size, 1)
        assert.equal(successors.has(refreshToken), false)
        const {
          'refresh.rotated': rotated,
          'refresh.repeated': repeated,
          'refresh.reused': reused,
        } = tally(await place.trail(ada))
        assert.deepEqual([rotated, repeated, reused], [1, 199, undefined])

        const [successor] = [...successors]
        const next = await client.post('/auth/refresh', { refreshToken: successor })
        assert.equal(next.status, 200)
        // Two generations old now: whoever comes with it has stolen it, and the family ends.
        assert.equal(outcomeOf(await client.post('/auth/refresh', { refreshToken })), '401 refresh_reused')
        const last = await client.post('/auth/refresh', { refreshToken: next.body.refreshToken })
        assert.equal(outcomeOf(last), '401 refresh_invalid')
      }
    })

    it('a stale token among 200 live ones ends the family for good', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < fewRounds; round++) {
        const client = await place.enter(await place.makeAccount())
        const tokens = [(await client.post('/auth/token', { refresh: true })).body.refreshToken as string]
        for (let turn = 0; turn < 2; turn++) {
          tokens.push((await client.post('/auth/refresh', { refreshToken: tokens.at(-1) })).body.refreshToken)
        }
        const [stale, , live] = tokens
        const requests = Array.from({ length: 200 }, (_, index) => ({
          method: 'POST',
          path: '/auth/refresh',
          body: { refreshToken: index === 100 ? stale : live },
        }))

        const replies = await place.race(requests)

        assert.equal(tally(replies.map(outcomeOf))['401 refresh_reused'], 1)
        for (const token of new Set([...tokens, ...replies.flatMap(({ body }) => body.refreshToken ?? [])])) {
          assert.equal(
            outcomeOf(await client.post('/auth/refresh', { refreshToken: token })),
            '401 refresh_invalid',
          )
        }
        assert.equal(outcomeOf(await client.post('/auth/token')), '401 session_ended')
      }
    })
  })
}
