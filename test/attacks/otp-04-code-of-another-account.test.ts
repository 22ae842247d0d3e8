/** A-OTP-04: the attacker's own code in the session of the victim. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-OTP-04: the code of another account, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is refused, and charged to the account of the session', async (t) => {
      const gate = await openGate(t, { engine })
      const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
      const own = await gate.logIn(eve)
      const otp = await gate.code(eve)
      const victim = await gate.logIn(ada)

      const refused = await victim.post('/auth/verify-otp', { otp })

      assert.equal(assertProblem(refused, 401, 'otp_invalid').attemptsLeft, 4)
      assertProblem(await victim.post('/auth/token'), 403, 'otp_required')
      assert.equal((await own.post('/auth/verify-otp', { otp })).status, 200)
      assert.equal((await own.get('/auth/session')).body.user.id, eve.id)
    })
  })
}
