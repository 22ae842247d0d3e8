/** A-OTP-05: a code works once; that of an older login has nothing to do with a newer one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-OTP-05: replay, ${engine.name}`, { skip: engine.missing() }, () => {
    it('after the success the code opens nothing, with the old cookie or the new', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const otp = await gate.code(ada)
      const before = client.clone()
      await client.post('/auth/verify-otp', { otp })

      assertProblem(await client.post('/auth/verify-otp', { otp }), 409, 'otp_not_pending')
      assertProblem(await before.post('/auth/verify-otp', { otp }), 401, 'session_ended')
      assert.equal((await before.get('/auth/session')).body.stage, 'anonymous')
      const later = await gate.logIn(ada)
      assertProblem(await later.post('/auth/verify-otp', { otp }), 401, 'otp_invalid')
    })

    it('the code of a login that a newer one replaced is refused', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const old = client.clone()
      const oldCode = await gate.code(ada)

      await gate.logIn(ada, client)

      assertProblem(await client.post('/auth/verify-otp', { otp: oldCode }), 401, 'otp_invalid')
      assertProblem(await old.post('/auth/verify-otp', { otp: oldCode }), 401, 'session_ended')
      assert.equal((await gate.verify(ada, client)).status, 200)
    })
  })
}
