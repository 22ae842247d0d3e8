/** A-SESS-01: the attacker's cookie is in the victim's browser before the login. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-SESS-01: fixation, ${engine.name}`, { skip: engine.missing() }, () => {
    it('a login never goes on under the cookie that was there', async (t) => {
      const gate = await openGate(t, { engine })
      const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
      for (const attacker of [await gate.logIn(eve), await gate.enter(eve)]) {
        const victim = attacker.clone()
        const preset = attacker.cookies.get('sallyport.sid')

        await gate.logIn(ada, victim)
        assert.notEqual(victim.cookies.get('sallyport.sid'), preset)
        await gate.verify(ada, victim)

        const { stage, endedBecause } = (await attacker.get('/auth/session')).body
        assert.deepEqual([stage, endedBecause], ['anonymous', 'replaced'])
        assertProblem(await attacker.post('/auth/token'), 401, 'session_ended')
      }
    })

    it('nothing of the old session is inherited: another account starts pending', async (t) => {
      const gate = await openGate(t, { engine })
      const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
      const client = await gate.enter(eve)

      await gate.logIn(ada, client)

      assertProblem(await client.post('/auth/token'), 403, 'otp_required')
      assert.equal((await client.get('/auth/session')).body.user, undefined)
    })
  })
}
