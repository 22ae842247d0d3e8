/** A-REF-05: a refresh token of a session that has ended. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const ends: Record<string, (gate: TestGate, ada: TestAccount, client: Client) => Promise<unknown>> = {
  logout: (_gate, _ada, client) => client.post('/auth/logout'),
  'a logout by token': async (gate, _ada, client) =>
    gate.client().post('/auth/logout', undefined, { bearer: await gate.accessToken(client) }),
  'a new login in the same browser': (gate, ada, client) => gate.logIn(ada, client),
  'an end from another device': async (gate, ada) => (await gate.enter(ada)).delete('/auth/sessions'),
  disable: (gate, ada) => gate.disable(ada),
  'disable and enable': async (gate, ada) => {
    await gate.disable(ada)
    await gate.enable(ada)
  },
}

for (const engine of deployments) {
  describe(`A-REF-05: a dead session, ${engine.name}`, { skip: engine.missing() }, () => {
    for (const [name, end] of Object.entries(ends)) {
      it(`its refresh tokens are refused after ${name}`, async (t) => {
        const gate = await openGate(t, { engine })
        const ada = await gate.makeAccount()
        const client = await gate.enter(ada)
        const first = (await gate.bothTokens(client)).refreshToken
        const second = (await gate.client().post('/auth/refresh', { refreshToken: first })).body.refreshToken
        assert.equal(typeof second, 'string')

        await end(gate, ada, client)

        for (const refreshToken of [first, second]) {
          assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
        }
      })
    }
  })
}
