/** GET /auth/session: what the session of this browser is. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`session, ${engine.name}`, { skip: engine.missing() }, () => {
    it('tells each stage of one flow', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = gate.client()

      assert.deepEqual((await client.get('/auth/session')).body, { stage: 'anonymous' })

      await gate.logIn(ada, client)
      const pending = (await client.get('/auth/session')).body
      assert.deepEqual(pending, {
        stage: 'otp_pending',
        sessionId: pending.sessionId,
        expiresAt: '2026-01-01T00:20:00.000Z',
      })

      await gate.verify(ada, client)
      const verified = (await client.get('/auth/session')).body
      assert.deepEqual(verified, {
        stage: 'verified',
        sessionId: verified.sessionId,
        user: { id: ada.id, email: 'ada@example.test' },
        expiresAt: '2026-01-02T00:00:00.000Z',
      })

      const before = client.clone()
      await client.post('/auth/logout')
      assert.deepEqual((await client.get('/auth/session')).body, { stage: 'anonymous' })
      assert.deepEqual((await before.get('/auth/session')).body, {
        stage: 'anonymous',
        endedBecause: 'logged_out',
      })
    })
  })
}

describe('session', () => {
  it('gives no cookie to whoever only asks', async (t) => {
    const gate = await openGate(t)

    assert.deepEqual((await gate.client().get('/auth/session')).setCookies, [])
  })

  it('sets the cookie once and not with every answer', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    gate.clock.advance('1h')

    assert.deepEqual((await client.get('/auth/session')).setCookies, [])
    assert.deepEqual((await client.post('/auth/token')).setCookies, [])
  })

  it('survives a restart of the server', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())

    await gate.restart()

    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
  })

  it('survives a new SESSION_SECRET while the old one is second in the list', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const pending = await gate.logIn(ada)
    const otp = await gate.code(ada)
    const [old] = gate.settings.sessionSecrets
    const fresh = 'another-session-secret-of-the-tests-long-enough-77'

    await gate.restart({ SESSION_SECRET: `${fresh},${old}` })
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
    assert.equal((await pending.post('/auth/verify-otp', { otp })).status, 200)

    const late = await gate.enter(ada)
    await gate.restart({ SESSION_SECRET: `${fresh},${old}` })
    assert.equal((await late.get('/auth/session')).body.stage, 'verified')
  })
})
