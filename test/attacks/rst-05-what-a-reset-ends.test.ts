/** A-RST-05: a reset ends sessions, refresh families, trusted devices and logins under way; the code is asked for as ever. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

const newPassword = 'seven horses in the rain'

for (const engine of deployments) {
  describe(`A-RST-05: what a reset ends, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is everything of the account, and it logs nobody in (ASVS 6.4.3, 7.4.3)', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const bystander = await gate.enter(await gate.makeAccount('bea@example.test'))
      const thief = await gate.logIn(ada)
      const otp = await gate.code(ada)
      await thief.post('/auth/verify-otp', { otp, trustDevice: true })
      const tokens = await gate.bothTokens(thief)
      const waiting = await gate.logIn(ada)
      const waitingCode = await gate.code(ada)
      const stepping = await gate.enter(ada)
      await stepping.post('/auth/step-up')
      const owner = gate.client()
      await owner.post('/auth/password/forgot', { email: ada.email })

      const reset = { otp: await gate.code(ada), newPassword }
      assert.equal((await owner.post('/auth/password/reset', reset)).status, 200)

      for (const client of [thief, stepping]) {
        const refused = await client.post('/auth/token')
        assert.equal(assertProblem(refused, 401, 'session_ended').reason, 'password_changed')
      }
      const late = await waiting.post('/auth/verify-otp', { otp: waitingCode })
      assertProblem(late, 401, 'session_ended')
      const bearer = tokens.accessToken
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().get('/auth/sessions', { bearer }), 401, 'token_invalid')
      const { refreshToken } = tokens
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      // The device that the thief trusted is one no more, with the new password too.
      const login = await thief.post('/auth/login', { email: ada.email, password: newPassword })
      assert.equal(login.body.next, 'verify-otp')
      // Whoever reset it is logged in nowhere.
      assert.deepEqual((await owner.get('/auth/session')).body, { stage: 'anonymous' })
      assertProblem(await owner.post('/auth/token'), 401, 'session_missing')
      const own = await owner.post('/auth/login', { email: ada.email, password: newPassword })
      assert.equal(own.body.next, 'verify-otp')
      assertProblem(await owner.post('/auth/token'), 403, 'otp_required')
      // Told by mail (ASVS 6.3.7), and nobody else lost anything.
      const notices = (await gate.mailsTo(ada)).filter((subject) => /password was changed/i.test(subject))
      assert.equal(notices.length, 1)
      assert.equal((await bystander.post('/auth/token')).status, 200)
    })

    it('also what was locked: wrong passwords and wrong codes of the old one', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      for (let n = 0; n < 50; n++) {
        await gate.client().post('/auth/login', { email: ada.email, password: `guess ${n}` })
      }
      const login = { email: ada.email, password: ada.password }
      assertProblem(await gate.client().post('/auth/login', login), 429, 'rate_limited')
      const client = gate.client()
      await client.post('/auth/password/forgot', { email: ada.email })
      const reset = { otp: await gate.code(ada), newPassword }
      assert.equal((await client.post('/auth/password/reset', reset)).status, 200)

      await gate.enter({ ...ada, password: newPassword }, gate.client())
    })
  })
}
