/** One code of a step-up, used 200 times at once (ASVS 6.5.1, 7.2.4). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sessionCookie } from '../support/asked-codes.ts'
import {
  codeOfChallenge,
  cookieOf,
  expectOk,
  openInstallation,
  outcomeOf,
  raceGrounds,
  rounds,
  tally,
} from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race, one step-up code used at once, ${ground.name}`, { skip: ground.missing() }, () => {
    it('renews the session once, under one new cookie', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < rounds; round++) {
        const ada = await place.makeAccount()
        const client = await place.enter(ada)
        const { sessionId } = (await client.get('/auth/session')).body
        expectOk(await client.post('/auth/step-up'))
        const session = await place.desk(({ stores }) => stores.read.sessions.find(sessionId))
        const otp = codeOfChallenge(session?.challengeId ?? '')
        const headers = { cookie: cookieOf(client) }
        const verify = { method: 'POST', path: '/auth/verify-otp', headers, body: { otp } }

        const replies = await place.race(Array.from({ length: 200 }, () => verify))

        const {
          200: accepted,
          '401 session_ended': ended = 0,
          '401 session_missing': missing = 0,
          '409 otp_not_pending': spent = 0,
          ...other
        } = tally(replies.map(outcomeOf))
        assert.deepEqual([accepted, ended + missing + spent, other], [1, 199, {}])
        const cookies = replies.map(({ setCookies }) => sessionCookie(setCookies)).filter(Boolean)
        assert.equal(cookies.length, 1)
        // One for the login, one for the step-up.
        assert.equal(tally(await place.trail(ada))['code.accepted'], 2)
        assert.equal((await client.post('/auth/token')).status, 401)
        const renewed = await place.client().get('/auth/session', { headers: { cookie: cookies[0] } })
        assert.deepEqual([renewed.body.stage, renewed.body.sessionId], ['verified', sessionId])
      }
    })
  })
}
