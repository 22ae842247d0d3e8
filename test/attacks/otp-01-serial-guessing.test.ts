/** A-OTP-01: one session, a thousand guesses. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, wrongCode } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-OTP-01: serial guessing, ${engine.name}`, { skip: engine.missing() }, () => {
    it('ends with the budget of the login; the right code is refused after it', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const code = await gate.code(ada)
      const compared: string[] = []

      for (let n = 0; n < 40; n++) {
        const otp = n === 20 ? code : wrongCode(code)
        const { body } = await client.post('/auth/verify-otp', { otp })
        if (body.code === 'otp_invalid') compared.push(otp)
        else assert.equal(body.code, 'otp_attempts_exhausted')
      }

      assert.equal(compared.length, 5)
      assertProblem(await client.post('/auth/verify-otp', { otp: code }), 401, 'otp_attempts_exhausted')
      assertProblem(await client.post('/auth/token'), 403, 'otp_required')
      await gate.restart()
      assertProblem(await client.post('/auth/verify-otp', { otp: code }), 401, 'otp_attempts_exhausted')
    })
  })
}

describe('A-OTP-01: a thousand guesses', () => {
  it('compare five', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const otp = wrongCode(await gate.code(ada))
    const counts: Record<string, number> = {}

    for (let n = 0; n < 1_000; n++) {
      const { code } = (await client.post('/auth/verify-otp', { otp })).body
      counts[code] = (counts[code] ?? 0) + 1
    }

    assert.deepEqual(counts, { otp_invalid: 5, otp_attempts_exhausted: 995 })
  })
})
