/** A-SESS-02: whoever saw the cookie before the code was verified has it still. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-SESS-02: the cookie from before the code, ${engine.name}`, { skip: engine.missing() }, () => {
    it('opens nothing after it', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const victim = await gate.logIn(ada)
      const stolen = victim.clone()
      const otp = await gate.code(ada)

      await gate.verify(ada, victim)

      assertProblem(await stolen.post('/auth/token'), 401, 'session_ended')
      assertProblem(await stolen.post('/auth/verify-otp', { otp }), 401, 'session_ended')
      assertProblem(await stolen.get('/auth/sessions'), 401, 'session_ended')
      await stolen.post('/auth/logout')
      assert.equal((await victim.post('/auth/token')).status, 200)
    })
  })
}
