/** A-REF-01: an old refresh token comes back after the grace time. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-REF-01: reuse, ${engine.name}`, { skip: engine.missing() }, () => {
    it('ends the family, its access tokens and the session, and tells the owner', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const other = await gate.enter(ada)
      const first = (await gate.bothTokens(client)).refreshToken
      const app = gate.client()
      const second = (await app.post('/auth/refresh', { refreshToken: first })).body
      gate.clock.advance(30_001)

      const reused = await app.post('/auth/refresh', { refreshToken: first })

      assertProblem(reused, 401, 'refresh_reused')
      for (const refreshToken of [second.refreshToken, first]) {
        assertProblem(await app.post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      }
      assertProblem(await app.get('/auth/protected', { bearer: second.accessToken }), 401, 'token_invalid')
      assert.equal(assertProblem(await client.post('/auth/token'), 401, 'session_ended').reason, 'revoked')
      // The other devices of the owner go on.
      assert.equal((await other.post('/auth/token')).status, 200)
      const told = (await gate.mailsTo(ada)).filter((subject) =>
        subject.includes('session of yours was ended'),
      )
      assert.equal(told.length, 1)
      const events = await gate.sallyport().inside.gate.stores.database.read('select type from audit_events')
      assert.ok(events.some(({ type }) => type === 'refresh.reused'))
    })

    it('one that is older than the last ends it within the grace time too', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())
      const first = (await gate.bothTokens(client)).refreshToken
      const second = (await client.post('/auth/refresh', { refreshToken: first })).body.refreshToken
      const third = (await client.post('/auth/refresh', { refreshToken: second })).body.refreshToken

      assertProblem(await client.post('/auth/refresh', { refreshToken: first }), 401, 'refresh_reused')
      assertProblem(await client.post('/auth/refresh', { refreshToken: third }), 401, 'refresh_invalid')
    })
  })
}
