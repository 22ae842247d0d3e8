/** A-OTP-06: a code after its time, with a restart in between. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-OTP-06: the expired code, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is good to the millisecond, and a restart makes it no younger', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const [first, second] = [await gate.logIn(ada), gate.client()]
      const firstCode = await gate.code(ada)
      await gate.logIn(ada, second)
      const secondCode = await gate.code(ada)

      gate.clock.advance('5m')
      await gate.restart()
      gate.clock.advance(299_999)
      assert.equal((await first.post('/auth/verify-otp', { otp: firstCode })).status, 200)
      gate.clock.advance(1)
      assertProblem(await second.post('/auth/verify-otp', { otp: secondCode }), 401, 'otp_expired')
      // A longer OTP_TTL is for codes that are asked for from now on.
      await gate.restart({ OTP_TTL: '10m', OTP_ATTEMPTS: '6' })
      assertProblem(await second.post('/auth/verify-otp', { otp: secondCode }), 401, 'otp_expired')
    })

    it('is not made young again by asking for it once more', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const otp = await gate.code(ada)
      gate.clock.advance('9m')
      assert.equal((await client.post('/auth/otp/resend')).body.otp.expiresIn, 60)
      gate.clock.advance('1m')

      assertProblem(await client.post('/auth/verify-otp', { otp }), 401, 'otp_expired')
    })
  })
}
