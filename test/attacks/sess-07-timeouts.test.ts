/** A-SESS-07: a session kept warm for ever. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-SESS-07: timeouts, ${engine.name}`, { skip: engine.missing() }, () => {
    it('no activity, whatever its kind, goes beyond the absolute limit', async (t) => {
      const gate = await openGate(t, { engine, env: { SESSION_TTL: '6h', SESSION_IDLE_TTL: '2h' } })
      const client = await gate.enter(await gate.makeAccount())
      let { accessToken: bearer, refreshToken } = await gate.bothTokens(client)

      for (let hour = 1; hour < 6; hour++) {
        gate.clock.advance('1h')
        assert.equal((await client.get('/auth/session')).body.stage, 'verified', `hour ${hour}`)
        const refreshed = (await client.post('/auth/refresh', { refreshToken })).body
        ;({ accessToken: bearer, refreshToken } = refreshed)
        assert.equal((await client.get('/auth/protected', { bearer })).status, 200)
        await gate.restart()
      }
      gate.clock.advance('1h')

      assert.equal((await client.get('/auth/session')).body.endedBecause, 'absolute')
      assertProblem(await client.post('/auth/token'), 401, 'session_ended')
      assertProblem(await client.post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      assert.equal((await client.get('/auth/protected', { bearer })).status, 401)
    })

    it('a session that ran into its idle limit is not woken by a request', async (t) => {
      const gate = await openGate(t, { engine, env: { SESSION_IDLE_TTL: '1h' } })
      const client = await gate.enter(await gate.makeAccount())
      gate.clock.advance('1h')

      assert.equal((await client.get('/auth/session')).body.endedBecause, 'idle')
      await sleep(1_200)
      gate.clock.advance(1_000)
      assert.equal((await client.get('/auth/session')).body.endedBecause, 'idle')
      assertProblem(await client.post('/auth/token'), 401, 'session_ended')
    })
  })
}
