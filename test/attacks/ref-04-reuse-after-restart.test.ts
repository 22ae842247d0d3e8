/** A-REF-04: the server was restarted between the use and the reuse (keycloak CVE-2026-9802). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-REF-04: reuse after a restart, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is still found', async (t) => {
      const gate = await openGate(t, { engine })
      const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
      const app = gate.client()
      const successor = (await app.post('/auth/refresh', { refreshToken })).body.refreshToken

      await gate.restart()
      gate.clock.advance('31s')
      assertProblem(await app.post('/auth/refresh', { refreshToken }), 401, 'refresh_reused')
      await gate.restart()
      assertProblem(await app.post('/auth/refresh', { refreshToken: successor }), 401, 'refresh_invalid')
    })

    it('within the grace time the successor is the same as before it', async (t) => {
      const gate = await openGate(t, { engine })
      const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
      const app = gate.client()
      const successor = (await app.post('/auth/refresh', { refreshToken })).body.refreshToken

      await gate.restart()

      assert.equal((await app.post('/auth/refresh', { refreshToken })).body.refreshToken, successor)
    })
  })
}
