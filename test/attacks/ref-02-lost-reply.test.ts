/** A-REF-02: the reply was lost, or a second tab asks with the same token. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-REF-02: the lost reply, ${engine.name}`, { skip: engine.missing() }, () => {
    it('gets the same successor within the grace time, not a fork', async (t) => {
      const gate = await openGate(t, { engine })
      const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
      const app = gate.client()
      const successor = (await app.post('/auth/refresh', { refreshToken })).body.refreshToken

      for (const milliseconds of [0, 1, 29_998, 1]) {
        gate.clock.advance(milliseconds)
        const again = await app.post('/auth/refresh', { refreshToken })
        assert.equal(again.status, 200)
        assert.equal(again.body.refreshToken, successor)
      }
      const { refreshToken: next } = (await app.post('/auth/refresh', { refreshToken: successor })).body
      assert.notEqual(next, successor)
      assert.equal((await app.post('/auth/refresh', { refreshToken: next })).status, 200)
      assertProblem(await app.post('/auth/refresh', { refreshToken }), 401, 'refresh_reused')
    })

    it('ten tabs at once get one successor', async (t) => {
      const gate = await openGate(t, { engine })
      const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))

      const replies = await Promise.all(
        Array.from({ length: 10 }, () => gate.client().post('/auth/refresh', { refreshToken })),
      )

      assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
      assert.equal(new Set(replies.map(({ body }) => body.refreshToken)).size, 1)
      assert.equal(new Set(replies.map(({ body }) => body.accessToken)).size, 10)
    })
  })
}
