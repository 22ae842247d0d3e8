/** GET /auth/session: what the session of this browser is. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { purgeExpired } from '../../src/stores/stores.ts'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

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
        endedAt: '2026-01-01T00:00:00.000Z',
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

  it('tells when, why and from which device it ended, in words too', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const [phone, laptop] = [await gate.enter(ada), await gate.enter(ada)]
    gate.clock.advance('1m')
    const headers = { 'User-Agent': 'curl/8.5.0' }

    assert.equal((await laptop.delete('/auth/sessions', { headers })).status, 204)

    assert.deepEqual((await phone.get('/auth/session')).body, {
      stage: 'anonymous',
      endedBecause: 'revoked',
      endedAt: '2026-01-01T00:01:00.000Z',
      endedFrom: 'curl',
    })
    const { reason, endedAt, endedFrom, detail } = assertProblem(
      await phone.post('/auth/token'),
      401,
      'session_ended',
    )
    assert.deepEqual([reason, endedAt, endedFrom], ['revoked', '2026-01-01T00:01:00.000Z', 'curl'])
    assert.equal(detail, 'It was signed out at 2026-01-01T00:01:00.000Z, from curl.')
  })

  it('remembers an end for 30 days', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const copy = client.clone()
    await client.post('/auth/logout')

    gate.clock.advance('29d')
    await purgeExpired(gate.sallyport().inside.gate.stores, gate.clock.now())
    assert.equal((await copy.get('/auth/session')).body.endedBecause, 'logged_out')
    gate.clock.advance('2d')
    await purgeExpired(gate.sallyport().inside.gate.stores, gate.clock.now())
    assert.deepEqual((await copy.get('/auth/session')).body, { stage: 'anonymous' })
  })
})
