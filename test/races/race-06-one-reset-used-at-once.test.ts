/** A-RACE-06: one code of a reset, used 200 times at once with 200 different new passwords. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inTime, waitingSessions } from '../support/asked-codes.ts'
import { fewRounds, openInstallation, outcomeOf, raceGrounds, tally } from '../support/processes.ts'

const passwordOf = (index: number) => `seven horses in the rain ${index}`

for (const ground of raceGrounds) {
  describe(`race 06, one reset used at once, ${ground.name}`, { skip: ground.missing() }, () => {
    it('sets one password, and only that one logs in', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < fewRounds; round++) {
        const ada = await place.makeAccount()
        const elsewhere = await place.enter(ada)
        const forgot = { method: 'POST', path: '/auth/password/forgot', body: { email: ada.email } }
        const [asked] = await waitingSessions(place, await place.race([forgot]))
        assert.ok(asked)

        const replies = await place.race(
          Array.from({ length: 200 }, (_, index) => ({
            method: 'POST',
            path: '/auth/password/reset',
            headers: { cookie: asked.cookie },
            body: { otp: asked.code, newPassword: passwordOf(index) },
          })),
        )

        const {
          200: accepted,
          '401 session_ended': spent = 0,
          ...other
        } = inTime(tally(replies.map(outcomeOf)))
        assert.deepEqual([accepted, other], [1, {}])
        assert.ok(spent >= 99)
        const applied = replies.findIndex(({ status }) => status === 200)
        assert.equal(tally(await place.trail(ada))['password.changed'], 1)
        const { email, password } = ada
        assert.equal((await place.client().post('/auth/login', { email, password })).status, 401)
        assert.equal(outcomeOf(await elsewhere.post('/auth/token')), '401 session_ended')
        await place.enter({ ...ada, password: passwordOf(applied) })
      }
    })
  })
}
