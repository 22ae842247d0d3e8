/** A-FLOW-01: the second door is walked past. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, wrongCode } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-FLOW-01: the skipped code, ${engine.name}`, { skip: engine.missing() }, () => {
    it('gives no token, with any body, before or after wrong codes', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const otp = wrongCode(await gate.code(ada))
      const skip = async () => {
        for (const body of [undefined, {}, { refresh: true }, { otp }, { verified: true }]) {
          const reply = await client.post('/auth/token', body)
          const problem = assertProblem(reply, 403, 'otp_required')
          assert.equal('accessToken' in problem, false)
        }
      }

      await skip()
      await client.post('/auth/verify-otp', { otp })
      await skip()
      for (let n = 0; n < 5; n++) await client.post('/auth/verify-otp', { otp })
      await skip()
      await gate.restart()
      await skip()
    })
  })
}
