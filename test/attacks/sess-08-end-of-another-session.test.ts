/** A-SESS-08: somebody ends the session of another account. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-SESS-08: another account’s session, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is as unknown as one that never was, and lives on', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const victim = await gate.enter(ada)
      const { sessionId } = (await victim.get('/auth/session')).body
      const eve = await gate.enter(await gate.makeAccount('eve@example.test'))
      const bearer = await gate.accessToken(eve)

      const foreign = assertProblem(await eve.delete(`/auth/sessions/${sessionId}`), 404, 'not_found')
      const unknown = assertProblem(
        await eve.delete('/auth/sessions/ses_AAAAAAAAAAAAAAAAAAAAAA'),
        404,
        'not_found',
      )
      const byToken = await gate.client().delete(`/auth/sessions/${sessionId}`, { bearer })

      const { instance: _one, ...first } = foreign
      const { instance: _other, ...second } = unknown
      assert.deepEqual(first, second)
      assertProblem(byToken, 404, 'not_found')
      assert.equal((await victim.post('/auth/token')).status, 200)
      assert.equal((await eve.delete('/auth/sessions')).status, 204)
      assert.equal((await victim.post('/auth/token')).status, 200)
    })

    it('is not reached by a name that is no id', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const other = await gate.enter(ada)
      const client = await gate.enter(ada)
      for (const id of ['%', '%25', '*', "x'%20or%201=1--", '..%2f..', 'ses_', '%00', 'ses_%25%25', 'null']) {
        assert.equal((await client.delete(`/auth/sessions/${id}`)).status, 404, id)
      }
      assert.equal((await other.post('/auth/token')).status, 200)
    })
  })
}
