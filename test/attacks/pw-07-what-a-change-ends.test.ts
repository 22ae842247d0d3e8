/** A-PW-07: a change of the password ends everything that the old one opened; the current session goes on under a new id. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments, memory } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

const newPassword = 'seven horses in the rain'

for (const engine of deployments) {
  describe(`A-PW-07: what a change of the password ends, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is everything but the session that changed it, which gets another cookie', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const other = await gate.logIn(ada)
      const trusting = { otp: await gate.code(ada), trustDevice: true }
      await other.post('/auth/verify-otp', trusting)
      const otherTokens = await gate.bothTokens(other)
      const waiting = await gate.logIn(ada)
      const waitingCode = await gate.code(ada)
      const owner = await gate.enter(ada)
      const ownTokens = await gate.bothTokens(owner)
      const stolen = owner.clone()
      const { sessionId } = (await owner.get('/auth/session')).body

      const change = { currentPassword: ada.password, newPassword }
      const changed = await owner.post('/auth/password/change', change)

      assert.deepEqual([changed.status, changed.body], [200, { message: 'Password changed', next: 'token' }])
      for (const client of [other, stolen]) {
        assertProblem(await client.post('/auth/token'), 401, 'session_ended')
      }
      assertProblem(await waiting.post('/auth/verify-otp', { otp: waitingCode }), 401, 'session_ended')
      for (const { accessToken: bearer, refreshToken } of [otherTokens, ownTokens]) {
        assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
        assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      }
      const login = await other.post('/auth/login', { email: ada.email, password: newPassword })
      assert.equal(login.body.next, 'verify-otp')
      const oldLogin = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })
      assertProblem(oldLogin, 401, 'invalid_credentials')
      // The current one goes on (ASVS 7.2.4).
      const now = (await owner.get('/auth/session')).body
      assert.equal(now.stage, 'verified')
      assert.notEqual(now.sessionId, sessionId)
      const { sessions } = (await owner.get('/auth/sessions')).body
      assert.equal(sessions.length, 1)
      assert.equal((await owner.post('/auth/token', { refresh: true })).status, 200)
      const notices = (await gate.mailsTo(ada)).filter((subject) => /password was changed/i.test(subject))
      assert.equal(notices.length, 1)
    })
  })
}

describe('A-PW-07: a change of the password', () => {
  it('needs the current one, in its exact bytes, whatever else the body says (ASVS 6.2.3)', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    for (const currentPassword of [
      '',
      'wrong',
      ` ${ada.password}`,
      ada.password.toUpperCase(),
      newPassword,
    ]) {
      const reply = await client.post('/auth/password/change', { currentPassword, newPassword })
      if (currentPassword === '') assertProblem(reply, 400, 'invalid_request')
      else assertProblem(reply, 401, 'invalid_credentials')
    }
    assertProblem(await client.post('/auth/password/change', { newPassword }), 400, 'invalid_request')
    await gate.enter(ada)
    // A wrong one costs no session.
    assert.equal((await client.post('/auth/token')).status, 200)
  })

  it('can not be used to guess the current one: ten in a quarter of an hour, however many sessions', async (t) => {
    const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1' }
    const gate = await openGate(t, { engine: memory, quickPasswords: true, env })
    const ada = await gate.makeAccount()
    const thieves = [await gate.enter(ada), await gate.enter(ada)]
    const answers: string[] = []
    for (let n = 0; n < 14; n++) {
      const headers = { 'X-Forwarded-For': `10.${n}.0.1` }
      const guess = { currentPassword: `guess ${n}`, newPassword }
      const reply = await thieves[n % 2]?.post('/auth/password/change', guess, { headers })
      answers.push(reply?.body.code)
    }
    assert.deepEqual(answers, [...Array(10).fill('invalid_credentials'), ...Array(4).fill('rate_limited')])
  })
})
