/** A-RACE-02: one right code, used 200 times at once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cookieOf, openInstallation, outcomeOf, raceGrounds, rounds, tally } from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race 02, one code used at once, ${ground.name}`, { skip: ground.missing() }, () => {
    it('opens one session', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < rounds; round++) {
        const ada = await place.makeAccount()
        const { client, code, sessionId } = await place.logIn(ada)
        const cookie = cookieOf(client)
        const verify = { method: 'POST', path: '/auth/verify-otp', headers: { cookie }, body: { otp: code } }

        const replies = await place.race(Array.from({ length: 200 }, () => verify))

        const outcomes = tally(replies.map(outcomeOf))
        const {
          200: accepted,
          '401 session_ended': ended = 0,
          '409 otp_not_pending': spent = 0,
          ...other
        } = outcomes
        assert.deepEqual([accepted, ended + spent, other], [1, 199, {}], JSON.stringify(outcomes))
        const cookies = replies.flatMap(({ setCookies }) => setCookies)
        assert.deepEqual(cookies.map((cookie) => cookie.split('=')[0]).sort(), [
          'sallyport.known',
          'sallyport.sid',
        ])
        assert.equal(tally(await place.trail(ada))['code.accepted'], 1)
        const sessions = await place.desk(({ stores }) =>
          stores.database.read('select id, stage, ended_because from sessions where account_id = ?1', [
            ada.id,
          ]),
        )
        assert.deepEqual(sessions.map(({ stage, ended_because }) => `${stage} ${ended_because}`).sort(), [
          'otp_pending replaced',
          'verified null',
        ])
        assert.notEqual(sessions.find(({ stage }) => stage === 'verified')?.id, sessionId)
        // The id from before the code opens nothing any more.
        assert.equal(outcomeOf(await client.post('/auth/token')), '401 session_ended')
      }
    })
  })
}
