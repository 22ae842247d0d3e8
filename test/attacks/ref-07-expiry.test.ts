/** A-REF-07: the family after its time. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-REF-07: expiry, ${engine.name}`, { skip: engine.missing() }, () => {
    it('unused it ends after REFRESH_TOKEN_TTL', async (t) => {
      const gate = await openGate(t, { engine, env: { REFRESH_TOKEN_TTL: '7d' } })
      const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
      gate.clock.advance('7d')

      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
    })

    it('used every day it ends with the session, and asking again for it gives no more', async (t) => {
      const gate = await openGate(t, { engine, env: { SESSION_TTL: '10d', REFRESH_TOKEN_TTL: '7d' } })
      const client = await gate.enter(await gate.makeAccount())
      let { refreshToken } = await gate.bothTokens(client)
      for (let day = 1; day < 10; day++) {
        gate.clock.advance('1d')
        const reply = await gate.client().post('/auth/refresh', { refreshToken })
        assert.equal(reply.status, 200, `day ${day}`)
        assert.ok(reply.body.refreshExpiresIn <= (10 - day) * 86_400)
        refreshToken = reply.body.refreshToken
      }
      gate.clock.advance('1d')

      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      assertProblem(await client.post('/auth/token', { refresh: true }), 401, 'session_ended')
    })

    it('a replay within the grace time makes it no younger', async (t) => {
      const gate = await openGate(t, { engine, env: { REFRESH_TOKEN_TTL: '1h' } })
      const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
      const first = (await gate.client().post('/auth/refresh', { refreshToken })).body
      gate.clock.advance('20s')
      const again = (await gate.client().post('/auth/refresh', { refreshToken })).body

      assert.equal(first.refreshExpiresIn, 3_600)
      assert.equal(again.refreshExpiresIn, 3_580)
    })
  })
}
