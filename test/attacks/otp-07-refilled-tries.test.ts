/** A-OTP-07: tries are not refilled by a resend, a restart or a right password. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, wrongCode } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-OTP-07: refilled tries, ${engine.name}`, { skip: engine.missing() }, () => {
    it('a resend and a restart refill nothing', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const code = await gate.code(ada)
      for (let n = 0; n < 4; n++) await client.post('/auth/verify-otp', { otp: wrongCode(code) })

      gate.clock.advance('1m')
      assert.equal((await client.post('/auth/otp/resend')).body.otp.attemptsLeft, 1)
      await gate.restart()
      const last = await client.post('/auth/verify-otp', { otp: wrongCode(code) })

      assert.equal(assertProblem(last, 401, 'otp_invalid').attemptsLeft, 0)
      assertProblem(await client.post('/auth/verify-otp', { otp: code }), 401, 'otp_attempts_exhausted')
    })

    it('a right password refills nothing of the account', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      let client = await gate.logIn(ada)
      const answers: string[] = []
      for (let n = 0; n < 10; n++) {
        if (n % 3 === 2) client = await gate.logIn(ada)
        const otp = wrongCode(await gate.code(ada))
        answers.push((await client.post('/auth/verify-otp', { otp })).body.code)
      }

      assert.deepEqual(answers, [...Array(9).fill('otp_invalid'), 'otp_locked'])
    })
  })
}
