/** POST /auth/otp/resend: the same code again. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, wrongCode } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`resend the code, ${engine.name}`, { skip: engine.missing() }, () => {
    it('mails the same code again, with its lifetime and tries as they are', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const code = await gate.code(ada)
      await client.post('/auth/verify-otp', { otp: wrongCode(code) })
      gate.clock.advance('2m')

      const reply = await client.post('/auth/otp/resend')

      assert.equal(reply.status, 200)
      assert.deepEqual(reply.body, {
        message: 'OTP sent',
        otp: {
          channel: 'email',
          destination: 'a••a@example.test',
          length: 6,
          expiresIn: 480,
          resendIn: 30,
          attemptsLeft: 4,
        },
      })
      assert.equal(await gate.code(ada), code)
      assert.equal((await gate.mailsTo(ada)).length, 2)
      assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
    })

    it('refuses within OTP_RESEND_AFTER, to the millisecond', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)

      gate.clock.advance(29_999)
      const early = await client.post('/auth/otp/resend')
      assertProblem(early, 429, 'otp_resend_too_soon')
      assert.equal(early.headers['retry-after'], '1')

      gate.clock.advance(1)
      assert.equal((await client.post('/auth/otp/resend')).status, 200)
      const again = await client.post('/auth/otp/resend')
      assertProblem(again, 429, 'otp_resend_too_soon')
      assert.equal(again.headers['retry-after'], '30')
    })
  })
}

describe('resend the code', () => {
  it('sends nothing more once the code has expired', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    gate.clock.advance('10m')

    assertProblem(await client.post('/auth/otp/resend'), 401, 'otp_expired')
    assert.equal((await gate.mailsTo(ada)).length, 1)
  })

  it('sends nothing more once the tries are spent', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const otp = wrongCode(await gate.code(ada))
    for (let n = 0; n < 5; n++) await client.post('/auth/verify-otp', { otp })
    gate.clock.advance('1m')

    assertProblem(await client.post('/auth/otp/resend'), 401, 'otp_attempts_exhausted')
    assert.equal((await gate.mailsTo(ada)).length, 1)
  })

  it('needs a session that waits for its code', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()

    assertProblem(await gate.client().post('/auth/otp/resend'), 401, 'session_missing')
    const verified = await gate.enter(ada)
    assertProblem(await verified.post('/auth/otp/resend'), 409, 'otp_not_pending')
  })
})
