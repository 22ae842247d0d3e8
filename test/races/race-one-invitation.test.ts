/** One invitation, asked with by 200 registrations, whose codes are all verified at once (ASVS 2.3.4, 6.4.1). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { invite } from '../../src/flow/accounts.ts'
import { canonicalEmail, type Email } from '../../src/utils/email.ts'
import { createMailedCodes } from '../../src/utils/mailed-code.ts'
import { deriveKey } from '../../src/utils/secret.ts'
import { inTime, mailedCodeIn, waitingSessions } from '../support/asked-codes.ts'
import {
  fewRounds,
  openInstallation,
  outcomeOf,
  raceGrounds,
  sessionSecret,
  tally,
} from '../support/processes.ts'

const mailedCodes = createMailedCodes(deriveKey(sessionSecret, 'mailed codes'))

for (const ground of raceGrounds) {
  describe(`race, one invitation used at once, ${ground.name}`, { skip: ground.missing() }, () => {
    it('opens one account', async (t) => {
      const place = await openInstallation(t, { ...ground, env: { REGISTRATION: 'invite' } })
      for (let round = 0; round < fewRounds; round++) {
        const email = canonicalEmail(`nora${round}@example.test`) as Email
        await place.desk((desk) => invite({ ...desk, mailedCodes }, email))
        const invitation = mailedCodeIn(await place.sink.waitForMail({ to: email }))
        const passwordOf = (index: number) => `seven horses in the rain ${index}`
        const register = (index: number) => ({
          method: 'POST',
          path: '/auth/register',
          body: { email, password: passwordOf(index), invitation },
        })
        const asked = await place.race(Array.from({ length: 200 }, (_, index) => register(index)))
        const waiting = await waitingSessions(place, asked)
        assert.deepEqual(inTime(tally(asked.map(outcomeOf))), { 200: waiting.length })

        const replies = await place.race(
          waiting.map(({ cookie, code }) => ({
            method: 'POST',
            path: '/auth/verify-otp',
            headers: { cookie },
            body: { otp: code },
          })),
        )

        assert.deepEqual(tally(replies.map(outcomeOf)), {
          200: 1,
          '401 mailed_code_invalid': waiting.length - 1,
        })
        const accounts = await place.desk(({ stores }) =>
          stores.database.read('select id from accounts where email = ?1', [email]),
        )
        assert.equal(accounts.length, 1)
        const winner = replies.findIndex(({ status }) => status === 200)
        await place.enter({ id: '', email, password: passwordOf(waiting[winner]?.index as number) })
        const [late] = await place.race([register(0)])
        assert.equal(`${late?.status} ${late?.body.code}`, '401 mailed_code_invalid')
      }
    })
  })
}
