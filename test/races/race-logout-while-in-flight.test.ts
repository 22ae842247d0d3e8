/** A logout meets the tokens and refreshes of its session: whatever these were given, nothing of it works afterwards. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../support/http-client.ts'
import { cookieOf, openInstallation, outcomeOf, raceGrounds, rounds, tally } from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race, logout while in flight, ${ground.name}`, { skip: ground.missing() }, () => {
    it('ends all of it', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < rounds; round++) {
        const ada = await place.makeAccount()
        const client = await place.enter(ada)
        const headers = { cookie: cookieOf(client) }
        const first = (await client.post('/auth/token', { refresh: true })).body
        const requests: Parameters<typeof place.race>[0] = Array.from({ length: 199 }, (_, index) =>
          index % 2 === 0
            ? { method: 'POST', path: '/auth/token', headers, body: { refresh: true } }
            : { method: 'POST', path: '/auth/refresh', body: { refreshToken: first.refreshToken } },
        )
        requests.splice(randomInt(200), 0, { method: 'POST', path: '/auth/logout', headers })

        const replies = await place.race(requests)

        const outcomes = tally(replies.map(outcomeOf))
        const {
          200: served,
          '401 session_ended': ended = 0,
          '401 refresh_invalid': invalid = 0,
          ...other
        } = outcomes
        assert.deepEqual(other, {}, JSON.stringify(outcomes))
        assert.equal((served ?? 0) + ended + invalid, 200)
        assert.equal(replies.filter(({ body }) => body.message === 'Logged out').length, 1)
        // Another server may remember for less than a second that the session lived.
        if (place.servers.length > 1) await sleep(1_000)

        const issued = [first, ...replies.map(({ body }) => body)]
        for (const { port } of place.servers) {
          const other = createClient(`http://127.0.0.1:${port}`)
          const bearers: string[] = issued.flatMap(({ accessToken }) => accessToken ?? [])
          const uses = bearers.map((bearer) => other.get('/auth/protected', { bearer }))
          assert.deepEqual(tally((await Promise.all(uses)).map(outcomeOf)), {
            '401 token_invalid': bearers.length,
          })
          for (const refreshToken of new Set(issued.flatMap((body) => body.refreshToken ?? []))) {
            assert.equal(
              outcomeOf(await other.post('/auth/refresh', { refreshToken })),
              '401 refresh_invalid',
            )
          }
          assert.equal(
            outcomeOf(await other.post('/auth/token', undefined, { headers })),
            '401 session_ended',
          )
          other.close()
        }
        assert.equal(tally(await place.trail(ada))['session.ended'], 1)
      }
    })
  })
}
