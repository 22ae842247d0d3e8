/** A-SESS-06: what was copied before the logout. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-SESS-06: use after logout, ${engine.name}`, { skip: engine.missing() }, () => {
    it('cookie, access token and refresh token are dead at once, after a restart too', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(client)
      const thief = client.clone()

      await client.post('/auth/logout')

      for (const restarted of [false, true]) {
        if (restarted) await gate.restart()
        assertProblem(await thief.post('/auth/token'), 401, 'session_ended')
        assertProblem(await thief.get('/auth/sessions'), 401, 'session_ended')
        assertProblem(await thief.get('/auth/protected', { bearer }), 401, 'token_invalid')
        assertProblem(await thief.get('/auth/check', { bearer }), 401, 'token_invalid')
        assertProblem(await thief.post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
        assert.equal((await thief.get('/auth/session')).body.stage, 'anonymous')
      }
    })

    it('requests that are under way while it logs out bring nothing back (D6)', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      for (let round = 0; round < 5; round++) {
        const client = await gate.enter(ada)
        const { refreshToken } = await gate.bothTokens(client)
        const tabs = Array.from({ length: 6 }, () => client.clone())
        gate.clock.advance('2m')

        const [loggedOut, ...others] = await Promise.all([
          client.clone().post('/auth/logout'),
          ...tabs.map((tab) => tab.post('/auth/token', { refresh: true })),
          client.clone().post('/auth/refresh', { refreshToken }),
        ])

        assert.equal(loggedOut?.status, 200)
        assert.equal((await client.get('/auth/session')).body.endedBecause, 'logged_out')
        for (const { status, body } of others) {
          assert.ok([200, 401].includes(status))
          if (status !== 200) continue
          const opened = await gate.client().get('/auth/protected', { bearer: body.accessToken })
          assert.equal(opened.status, 401)
          const again = await gate.client().post('/auth/refresh', { refreshToken: body.refreshToken })
          assert.equal(again.status, 401)
        }
      }
    })
  })
}
