/** GET and DELETE /auth/sessions: the sessions of one's own account. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const list = async (client: Client) => (await client.get('/auth/sessions')).body.sessions

for (const engine of deployments) {
  describe(`sessions, ${engine.name}`, { skip: engine.missing() }, () => {
    it('lists device, address and times, and marks the current one', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const headers = { 'User-Agent': 'curl/8.5.0' }
      const phone = gate.client({ localAddress: '127.0.0.7' })
      await phone.post('/auth/login', { email: ada.email, password: ada.password }, { headers })
      await phone.post('/auth/verify-otp', { otp: await gate.code(ada) }, { headers })
      gate.clock.advance('1m')
      const laptop = await gate.enter(ada)
      await gate.logIn(ada)

      const sessions = await list(laptop)

      assert.equal(sessions.length, 2)
      const { id, ...old } = sessions.find(({ current }: { current: boolean }) => !current)
      assert.match(id, /^ses_[\w-]{22}$/)
      assert.deepEqual(old, {
        device: 'curl',
        address: '127.0.0.7',
        createdAt: '2026-01-01T00:00:00.000Z',
        lastSeenAt: '2026-01-01T00:00:00.000Z',
        expiresAt: '2026-01-31T00:00:00.000Z',
        current: false,
      })
      const { sessionId } = (await laptop.get('/auth/session')).body
      assert.equal(sessions.find(({ current }: { current: boolean }) => current).id, sessionId)
    })

    it('ends one of them, with its tokens', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const phone = await gate.enter(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(phone)
      const laptop = await gate.enter(ada)
      const { sessionId } = (await phone.get('/auth/session')).body

      const reply = await laptop.delete(`/auth/sessions/${sessionId}`)

      assert.equal(reply.status, 204)
      assert.equal(assertProblem(await phone.post('/auth/token'), 401, 'session_ended').reason, 'revoked')
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      assert.equal((await list(laptop)).length, 1)
      assertProblem(await laptop.delete(`/auth/sessions/${sessionId}`), 404, 'not_found')
    })

    it('ends all the others, a login that is under way too', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const [phone, tablet] = [await gate.enter(ada), await gate.enter(ada)]
      const pending = await gate.logIn(ada)
      const otp = await gate.code(ada)
      const laptop = await gate.enter(ada)

      assert.equal((await laptop.delete('/auth/sessions')).status, 204)

      for (const other of [phone, tablet]) {
        assert.equal(assertProblem(await other.post('/auth/token'), 401, 'session_ended').reason, 'revoked')
      }
      assertProblem(await pending.post('/auth/verify-otp', { otp }), 401, 'session_ended')
      assert.equal((await laptop.post('/auth/token')).status, 200)
    })
  })
}

describe('sessions', () => {
  it('answers a token as it answers a cookie', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const other = await gate.enter(ada)
    const bearer = await gate.accessToken(client)
    const app = gate.client()

    const { sessions } = (await app.get('/auth/sessions', { bearer })).body
    assert.equal(sessions.length, 2)
    assert.equal((await app.delete('/auth/sessions', { bearer })).status, 204)
    assertProblem(await other.post('/auth/token'), 401, 'session_ended')
    assert.equal((await client.post('/auth/token')).status, 200)
  })

  it('ends the current one when it is named', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const { sessionId } = (await client.get('/auth/session')).body

    assert.equal((await client.delete(`/auth/sessions/${sessionId}`)).status, 204)
    assertProblem(await client.post('/auth/token'), 401, 'session_ended')
  })

  it('needs a verified session or a token', async (t) => {
    const gate = await openGate(t)
    const pending = await gate.logIn(await gate.makeAccount())

    for (const method of ['GET', 'DELETE']) {
      assertProblem(await gate.client().request(method, '/auth/sessions'), 401, 'session_missing')
      assertProblem(await pending.request(method, '/auth/sessions'), 403, 'otp_required')
    }
  })
})
