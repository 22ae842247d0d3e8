/** A-RACE-12: 200 resends at once send one mail, with the code that was sent before. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitingSessions } from '../support/asked-codes.ts'
import { cookieOf, fewRounds, openInstallation, outcomeOf, raceGrounds, tally } from '../support/processes.ts'
import { codeIn } from '../support/smtp-sink.ts'

for (const ground of raceGrounds) {
  describe(`race 12, parallel resends, ${ground.name}`, { skip: ground.missing() }, () => {
    it('sends one more mail with the same code', async (t) => {
      const place = await openInstallation(t, { ...ground, env: { OTP_RESEND_AFTER: '2s' } })
      for (let round = 0; round < fewRounds; round++) {
        const ada = await place.makeAccount()
        const { client, code } = await place.logIn(ada)
        const resend = { method: 'POST', path: '/auth/otp/resend', headers: { cookie: cookieOf(client) } }

        const tooSoon = await place.race(Array.from({ length: 200 }, () => resend))
        assert.deepEqual(tally(tooSoon.map(outcomeOf)), { '429 otp_resend_too_soon': 200 })
        await sleep(2_000)
        const replies = await place.race(Array.from({ length: 200 }, () => resend))
        assert.deepEqual(tally(replies.map(outcomeOf)), { 200: 1, '429 otp_resend_too_soon': 199 })

        const mails = [1, 2].map(() => place.sink.waitForMail({ to: ada.email }))
        assert.deepEqual(
          (await Promise.all(mails)).map((mail) => codeIn(mail)),
          [code, code],
        )
        await sleep(200)
        assert.equal(place.sink.mails.filter(({ recipients }) => recipients.includes(ada.email)).length, 2)
        assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
      }
    })

    it('does so for registrations and resets too, and for whoever has nothing to be sent', async (t) => {
      const place = await openInstallation(t, { ...ground, env: { OTP_RESEND_AFTER: '2s' } })
      const ada = await place.makeAccount()
      const asked = await Promise.all([
        ask('/auth/register', { email: 'nora@example.test', password: 'seven horses in the rain' }),
        ask('/auth/password/forgot', { email: ada.email }),
        ask('/auth/password/forgot', { email: 'nobody@example.test' }),
      ])
      await sleep(2_000)

      for (const { cookie } of asked) {
        const resend = { method: 'POST', path: '/auth/otp/resend', headers: { cookie } }
        const replies = await place.race(Array.from({ length: 200 }, () => resend))
        assert.deepEqual(tally(replies.map(outcomeOf)), { 200: 1, '429 otp_resend_too_soon': 199 })
      }

      await sleep(1_500)
      const [registration, reset] = asked
      assert.deepEqual(codesTo('nora@example.test'), [registration?.code, registration?.code])
      assert.deepEqual(codesTo(ada.email), [reset?.code, reset?.code])
      assert.deepEqual(codesTo('nobody@example.test'), [])

      async function ask(path: string, body: unknown) {
        const [waiting] = await waitingSessions(place, await place.race([{ method: 'POST', path, body }]))
        return waiting as NonNullable<typeof waiting>
      }
      function codesTo(email: string): string[] {
        return place.sink.mails
          .filter(({ recipients }) => recipients.includes(email))
          .map((mail) => codeIn(mail))
      }
    })
  })
}
