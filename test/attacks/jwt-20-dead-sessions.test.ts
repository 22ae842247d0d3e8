/** A-JWT-20: a good token of somebody who has left, or was shown the door. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'
import { algorithms, openForge } from './forge.ts'

const ends: Record<string, (gate: TestGate, ada: TestAccount, client: Client) => Promise<unknown>> = {
  logout: (_gate, _ada, client) => client.post('/auth/logout'),
  'a new login in the same browser': (gate, ada, client) => gate.logIn(ada, client),
  'an end from another device': async (gate, ada) => (await gate.enter(ada)).delete('/auth/sessions'),
  disable: (gate, ada) => gate.disable(ada),
  'disable and enable': async (gate, ada) => {
    await gate.disable(ada)
    await gate.enable(ada)
  },
}

for (const engine of deployments) {
  describe(`A-JWT-20: the token of an ended session, ${engine.name}`, { skip: engine.missing() }, () => {
    for (const [name, end] of Object.entries(ends)) {
      it(`is refused at once after ${name}`, async (t) => {
        const gate = await openGate(t, { engine })
        const ada = await gate.makeAccount()
        const client = await gate.enter(ada)
        const bearer = await gate.accessToken(client)
        assert.equal((await gate.client().get('/auth/protected', { bearer })).status, 200)

        await end(gate, ada, client)

        for (const path of ['/auth/protected', '/auth/check', '/auth/sessions']) {
          assertProblem(await gate.client().get(path, { bearer }), 401, 'token_invalid')
        }
      })
    }
  })
}

describe('A-JWT-20: a token for another session or account', () => {
  for (const algorithm of algorithms) {
    it(`is refused with ${algorithm}, though our own key signed it`, async (t) => {
      const { gate, resign, ask, claims } = await openForge(t, algorithm)
      const bob = await gate.makeAccount('bob@example.test')
      const { sessionId } = (await (await gate.enter(bob)).get('/auth/session')).body
      for (const changes of [{ sub: bob.id }, { sid: sessionId }, { sid: 'ses_AAAAAAAAAAAAAAAAAAAAAA' }]) {
        assertProblem(await ask(resign({}, { ...claims, ...changes })), 401, 'token_invalid')
      }
    })
  }
})
