/** POST /auth/verify-otp: the second door. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, wrongCode } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`verify the code, ${engine.name}`, { skip: engine.missing() }, () => {
    it('verifies the session, under a new cookie and a new handle', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const pending = client.clone()
      const { sessionId } = (await client.get('/auth/session')).body

      const reply = await gate.verify(ada, client)

      assert.equal(reply.status, 200)
      assert.deepEqual(reply.body, { message: 'OTP verified successfully', next: 'token' })
      const names = reply.setCookies.map((cookie) => cookie.split('=')[0])
      assert.deepEqual(names, ['sallyport.known', 'sallyport.sid'])
      const now = (await client.get('/auth/session')).body
      assert.equal(now.stage, 'verified')
      assert.deepEqual(now.user, { id: ada.id, email: ada.email })
      assert.notEqual(now.sessionId, sessionId)
      assert.equal((await pending.get('/auth/session')).body.endedBecause, 'replaced')
    })

    it('counts wrong codes down to the end of the login', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const code = await gate.code(ada)

      for (const attemptsLeft of [4, 3, 2, 1, 0]) {
        const reply = await client.post('/auth/verify-otp', { otp: wrongCode(code) })
        assert.equal(assertProblem(reply, 401, 'otp_invalid').attemptsLeft, attemptsLeft)
      }
      assertProblem(await client.post('/auth/verify-otp', { otp: code }), 401, 'otp_attempts_exhausted')

      await gate.enter(ada)
    })

    it('takes the right code with the last try', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const code = await gate.code(ada)
      for (let n = 0; n < 4; n++) await client.post('/auth/verify-otp', { otp: wrongCode(code) })

      assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
    })
  })
}

describe('verify the code', () => {
  it('keeps codes of every length that is set, with their leading zeros', async (t) => {
    for (const length of ['6', '7', '8', '9']) {
      const gate = await openGate(t, { env: { OTP_LENGTH: length, OTP_ATTEMPTS: '5' } })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)

      assert.equal((await gate.code(ada)).length, Number(length))
      assert.equal((await gate.verify(ada, client)).status, 200)
    }
  })

  it('takes a code with leading zeros as text, and only so', async (t) => {
    const gate = await openGate(t, { env: { OTP_ATTEMPTS: '1' } })
    const ada = await gate.makeAccount()
    // A tenth of all codes begin with a zero; each login has another code.
    for (let n = 0; n < 300; n++) {
      const client = await gate.logIn(ada)
      const code = await gate.code(ada)
      if (!code.startsWith('0')) continue
      const asNumber = await client.post('/auth/verify-otp', { otp: Number(code) })
      assertProblem(asNumber, 400, 'invalid_request')
      assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
      return
    }
    assert.fail('no code with a leading zero in 300 logins')
  })

  it('takes the method that the login named, and no other', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const otp = await gate.code(ada)

    assertProblem(await client.post('/auth/verify-otp', { otp, method: 'totp' }), 400, 'invalid_request')
    assert.equal((await client.post('/auth/verify-otp', { otp, method: 'email' })).status, 200)
  })

  it('says that a session is verified already', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)

    assertProblem(await client.post('/auth/verify-otp', { otp: '123456' }), 409, 'otp_not_pending')
  })

  it('says that no cookie came', async (t) => {
    const gate = await openGate(t)

    assertProblem(await gate.client().post('/auth/verify-otp', { otp: '123456' }), 401, 'session_missing')
  })
})
