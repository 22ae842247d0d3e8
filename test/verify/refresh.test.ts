/** The refresh rows of security.md at the other guard: what ends a family ends its access tokens in somebody else's API too. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRunningClock } from '../support/clock.ts'
import { memory } from '../support/engines.ts'
import { openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'
import { eventually } from '../support/services.ts'
import { openGuardedApi, optionsFor } from './guarded-api.ts'

const newPassword = 'quite another password of Ada'

type Family = { gate: TestGate; ada: TestAccount; client: Client; refreshTokens: string[] }

const ends: Record<string, (family: Family) => Promise<unknown>> = {
  'A-REF-01: reuse after the grace': async ({ gate, refreshTokens: [first] }) => {
    gate.clock.advance(30_001)
    const reused = await gate.client().post('/auth/refresh', { refreshToken: first })
    assert.equal(reused.body.code, 'refresh_reused')
  },
  'A-REF-05: a logout by token': async ({ gate, client }) =>
    gate.client().post('/auth/logout', undefined, { bearer: await gate.accessToken(client) }),
  'A-REF-05: a new login in the same browser': ({ gate, ada, client }) => gate.logIn(ada, client),
  'A-REF-05: a changed password': ({ ada, client }) =>
    client.post('/auth/password/change', { currentPassword: ada.password, newPassword }),
  'A-REF-05: a deleted account': async ({ client }) =>
    assert.equal((await client.delete('/auth/account')).status, 204),
}

describe('an access token of a family that has ended', () => {
  for (const [name, end] of Object.entries(ends)) {
    it(`${name}: is refused by a guard that reads the feed`, async (t) => {
      const gate = await openGate(t, { engine: memory, clock: createRunningClock() })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const bystander = await gate.accessToken(await gate.enter(await gate.makeAccount('eve@example.test')))
      const api = await openGuardedApi(t, { ...optionsFor(gate), liveness: 'feed' })
      const { refreshToken } = await gate.bothTokens(client)
      const { body } = await gate.client().post('/auth/refresh', { refreshToken })
      const bearer = String(body.accessToken)
      assert.equal((await api.ask(bearer)).status, 200)

      await end({ gate, ada, client, refreshTokens: [refreshToken, body.refreshToken] })

      const refused = async () => assert.equal((await api.ask(bearer)).body.cause, 'session_over')
      await eventually(refused, { withinMs: 2_000 })
      assert.equal((await api.ask(bystander)).status, 200)
    })
  }
})
