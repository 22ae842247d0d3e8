/** GET /auth/protected and GET /auth/check: what an access token opens. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`protected, ${engine.name}`, { skip: engine.missing() }, () => {
    it('opens with a token and without a cookie', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const bearer = await gate.accessToken(await gate.enter(ada))

      const reply = await gate.client().get('/auth/protected', { bearer })

      assert.equal(reply.status, 200)
      assert.deepEqual(reply.body, {
        message: 'Protected route accessed',
        user: { id: ada.id, email: 'ada@example.test' },
      })
    })

    it('opens until the token expires, and not a millisecond longer', async (t) => {
      const gate = await openGate(t, { engine })
      const bearer = await gate.accessToken(await gate.enter(await gate.makeAccount()))

      gate.clock.advance(299_999)
      assert.equal((await gate.client().get('/auth/protected', { bearer })).status, 200)
      gate.clock.advance(1)
      const late = await gate.client().get('/auth/protected', { bearer })
      assertProblem(late, 401, 'token_expired')
      assert.match(String(late.headers['www-authenticate']), /^Bearer error="invalid_token"/)
    })
  })
}

/** The embedded store has one server. */
for (const engine of deployments.filter(({ name }) => name !== 'embedded')) {
  describe(`protected by two servers, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is closed within a second on the other server too, when the session ends on the first', async (t) => {
      const store = await engine.open()
      t.after(store.cleanUp)
      const shared = { ...engine, open: async () => ({ ...store, cleanUp: async () => {} }) }
      const one = await openGate(t, { engine: shared, env: { PUBLIC_URL: 'http://localhost' } })
      const other = await openGate(t, {
        engine: shared,
        env: { PUBLIC_URL: 'http://localhost' },
        clock: one.clock,
      })
      const client = await one.enter(await one.makeAccount())
      const bearer = await one.accessToken(client)
      assert.equal((await other.client().get('/auth/protected', { bearer })).status, 200)

      await client.post('/auth/logout')
      const here = await one.client().get('/auth/protected', { bearer })
      await sleep(1_000)
      const there = await other.client().get('/auth/protected', { bearer })

      assertProblem(here, 401, 'token_invalid')
      assertProblem(there, 401, 'token_invalid')
    })
  })
}

describe('protected', () => {
  it('is 403 without a token, as the brief has it, and says which header to send', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())

    const reply = await client.get('/auth/protected')

    const problem = assertProblem(reply, 403, 'bearer_missing')
    assert.equal(problem.cause, 'cookie_only')
    assert.equal(
      problem.fix,
      'Get a token with POST /auth/token and send it as Authorization: Bearer <accessToken>.',
    )
    assert.equal(reply.headers['www-authenticate'], 'Bearer')
  })

  it('is 403 with another scheme', async (t) => {
    const gate = await openGate(t)

    const reply = await gate.client().get('/auth/protected', { headers: { Authorization: 'Basic YTpi' } })

    assert.equal(assertProblem(reply, 403, 'bearer_missing').cause, 'wrong_scheme')
  })

  it('answers HEAD as GET, without the body', async (t) => {
    const gate = await openGate(t)
    const bearer = await gate.accessToken(await gate.enter(await gate.makeAccount()))

    const reply = await gate.client().request('HEAD', '/auth/protected', { bearer })

    assert.equal(reply.status, 200)
    assert.equal(reply.body, '')
  })
})

describe('check', () => {
  it('tells a reverse proxy whose token it is', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const { sessionId } = (await client.get('/auth/session')).body

    const reply = await gate.client().get('/auth/check', { bearer: await gate.accessToken(client) })

    assert.equal(reply.status, 204)
    assert.equal(reply.headers['x-auth-sub'], ada.id)
    assert.equal(reply.headers['x-auth-sid'], sessionId)
    assert.equal(reply.headers['x-auth-amr'], 'pwd otp')
  })

  it('is 401 with a challenge for whatever is not a good token', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const expired = await gate.accessToken(client)
    gate.clock.advance('6m')

    for (const headers of [
      {},
      { Authorization: 'Basic YTpi' },
      { Authorization: 'Bearer' },
      { Authorization: 'Bearer x.y.z' },
      { Authorization: `Bearer ${expired}` },
    ]) {
      const reply = await gate.client().get('/auth/check', { headers })
      assert.equal(reply.status, 401)
      assert.match(String(reply.headers['www-authenticate']), /^Bearer/)
      assert.equal(reply.headers['x-auth-sub'], undefined)
    }
  })
})
