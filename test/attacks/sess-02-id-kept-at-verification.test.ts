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

    it('of a step-up neither, nor that of a registration (ASVS 7.2.4)', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const owner = await gate.enter(ada)
      const { refreshToken } = await gate.bothTokens(owner)
      const { sessionId } = (await owner.get('/auth/session')).body
      await owner.post('/auth/step-up')
      const stolen = owner.clone()

      assert.equal((await gate.verify(ada, owner)).status, 200)

      assert.notEqual(owner.cookies.get('sallyport.sid'), stolen.cookies.get('sallyport.sid'))
      assert.equal((await stolen.post('/auth/token')).status, 401)
      assert.equal((await stolen.get('/auth/session')).body.stage, 'anonymous')
      // It logs out what it no longer has.
      await stolen.post('/auth/logout')
      const now = (await owner.get('/auth/session')).body
      assert.deepEqual([now.stage, now.sessionId], ['verified', sessionId])
      // Its tokens stay good: it is the same session, verified anew.
      assert.equal((await owner.post('/auth/refresh', { refreshToken })).status, 200)

      const nora = { id: '', email: 'nora@example.test', password: 'seven horses in the rain' }
      const newcomer = gate.client()
      await newcomer.post('/auth/register', nora)
      const planted = newcomer.clone()
      assert.equal((await gate.verify(nora, newcomer)).status, 200)
      assertProblem(await planted.post('/auth/token'), 401, 'session_ended')
      assert.equal((await newcomer.post('/auth/token')).status, 200)
    })
  })
}
