/** A-FLOW-09: an account is disabled while somebody is inside. Each step refuses, not only the login. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-FLOW-09: disabled in the middle, ${engine.name}`, { skip: engine.missing() }, () => {
    for (const enabledAgain of [false, true]) {
      it(`each step refuses${enabledAgain ? ', after the account was enabled again too' : ''}`, async (t) => {
        const gate = await openGate(t, { engine })
        const ada = await gate.makeAccount()
        const pending = await gate.logIn(ada)
        const otp = await gate.code(ada)
        const verified = await gate.enter(ada)
        const { accessToken: bearer, refreshToken } = await gate.bothTokens(verified)

        await gate.disable(ada)
        if (enabledAgain) await gate.enable(ada)

        const verify = await pending.post('/auth/verify-otp', { otp })
        assert.equal(assertProblem(verify, 401, 'session_ended').reason, 'disabled')
        assertProblem(await pending.post('/auth/otp/resend'), 401, 'session_ended')
        assert.equal(
          assertProblem(await verified.post('/auth/token'), 401, 'session_ended').reason,
          'disabled',
        )
        assertProblem(await verified.get('/auth/sessions'), 401, 'session_ended')
        const { stage, endedBecause } = (await verified.get('/auth/session')).body
        assert.deepEqual([stage, endedBecause], ['anonymous', 'disabled'])
        assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
        assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
        assertProblem(await gate.client().get('/auth/sessions', { bearer }), 401, 'token_invalid')
        const login = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })
        if (enabledAgain) assert.equal(login.status, 200)
        else assertProblem(login, 401, 'invalid_credentials')
      })
    }

    it('a login that is under way gets no session out of it', async (t) => {
      const gate = await openGate(t, { engine })
      for (let round = 0; round < 5; round++) {
        const ada = await gate.makeAccount(`ada${round}@example.test`)
        const client = gate.client()
        const pending = await gate.logIn(ada)
        const otp = await gate.code(ada)

        const [login, verify] = await Promise.all([
          client.post('/auth/login', { email: ada.email, password: ada.password }),
          pending.post('/auth/verify-otp', { otp }),
          gate.disable(ada),
        ])

        assert.ok([200, 401].includes(login.status))
        assert.ok([200, 401].includes(verify.status))
        for (const each of [client, pending]) {
          assert.equal((await each.get('/auth/session')).body.stage, 'anonymous')
          assert.equal((await each.post('/auth/token')).status, 401)
        }
      }
    })
  })
}
