/** A-OTP-03: the code of one login in another one of the same account. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-OTP-03: the code of another login, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is refused and charged', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const first = await gate.logIn(ada)
      const firstCode = await gate.code(ada)
      const second = await gate.logIn(ada)
      const secondCode = await gate.code(ada)
      assert.notEqual(firstCode, secondCode)

      const refused = await second.post('/auth/verify-otp', { otp: firstCode })

      assert.equal(assertProblem(refused, 401, 'otp_invalid').attemptsLeft, 4)
      assert.equal((await first.post('/auth/verify-otp', { otp: firstCode })).status, 200)
      assert.equal((await second.post('/auth/verify-otp', { otp: secondCode })).status, 200)
    })
  })
}
