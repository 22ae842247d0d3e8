/** The code that undoes a change of address, used 200 times at once (ASVS 2.3.4, 6.5.1). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mailedCodeIn } from '../support/asked-codes.ts'
import {
  codeOfChallenge,
  expectOk,
  fewRounds,
  openInstallation,
  outcomeOf,
  raceGrounds,
  tally,
} from '../support/processes.ts'

for (const ground of raceGrounds) {
  describe(`race, one undo code used at once, ${ground.name}`, { skip: ground.missing() }, () => {
    it('gives the account back once, and ends what the thief had', async (t) => {
      const place = await openInstallation(t, ground)
      for (let round = 0; round < fewRounds; round++) {
        const ada = await place.makeAccount()
        const thief = await place.enter(ada)
        const asked = await thief.post('/auth/email/change', { newEmail: `thief${round}@example.test` })
        const session = await place.desk(({ stores }) => stores.read.sessions.find(asked.body.sessionId))
        expectOk(
          await thief.post('/auth/email/confirm', { otp: codeOfChallenge(session?.challengeId ?? '') }),
        )
        const mail = await place.sink.waitForMail({ to: ada.email, subject: /address/ })
        const undo = { method: 'POST', path: '/auth/email/undo', body: { code: mailedCodeIn(mail) } }

        const replies = await place.race(Array.from({ length: 200 }, () => undo))

        assert.deepEqual(tally(replies.map(outcomeOf)), { 200: 1, '401 mailed_code_invalid': 199 })
        assert.equal(tally(await place.trail(ada))['email.change_undone'], 1)
        const account = await place.desk(({ stores }) => stores.read.accounts.find(ada.id))
        assert.equal(account?.email, ada.email)
        assert.equal(outcomeOf(await thief.post('/auth/token')), '401 session_ended')
        await place.enter(ada)
      }
    })
  })
}
