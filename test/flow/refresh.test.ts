/** POST /auth/refresh: a refresh token for its successor. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`refresh, ${engine.name}`, { skip: engine.missing() }, () => {
    it('gives both tokens, and needs no cookie', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const { refreshToken } = await gate.bothTokens(await gate.enter(ada))
      const app = gate.client()

      const reply = await app.post('/auth/refresh', { refreshToken })

      assert.equal(reply.status, 200)
      const { accessToken, refreshToken: successor, ...rest } = reply.body
      assert.deepEqual(rest, { tokenType: 'Bearer', expiresIn: 300, refreshExpiresIn: 2_592_000 })
      assert.notEqual(successor, refreshToken)
      assert.deepEqual(reply.setCookies, [])
      assert.equal((await app.get('/auth/protected', { bearer: accessToken })).body.user.id, ada.id)
    })

    it('goes on for as long as the session lives, and not a second longer', async (t) => {
      const gate = await openGate(t, { engine, env: { SESSION_TTL: '3d', REFRESH_TOKEN_TTL: '2d' } })
      let { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
      const app = gate.client()

      for (const expiresIn of [172_800, 86_400, 0]) {
        gate.clock.advance(86_400_000 - 1)
        const reply = await app.post('/auth/refresh', { refreshToken })
        assert.equal(reply.status, 200)
        assert.ok(Math.abs(reply.body.refreshExpiresIn - expiresIn) <= 1, `${reply.body.refreshExpiresIn} s`)
        refreshToken = reply.body.refreshToken
      }
      gate.clock.advance(3)
      assertProblem(await app.post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
    })
  })
}

describe('refresh', () => {
  it('carries the time of the login, not of the refresh', async (t) => {
    const gate = await openGate(t)
    const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
    const loggedInAt = gate.clock.now() / 1_000
    gate.clock.advance('1h')

    const { accessToken } = (await gate.client().post('/auth/refresh', { refreshToken })).body

    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString())
    assert.equal(claims.auth_time, loggedInAt)
    assert.equal(claims.iat, loggedInAt + 3_600)
  })

  it('keeps an app logged in that is opened once in three days', async (t) => {
    const gate = await openGate(t)
    const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
    gate.clock.advance('72h')

    const reply = await gate.client().post('/auth/refresh', { refreshToken })

    assert.equal(reply.status, 200)
    const { accessToken } = reply.body
    assert.equal((await gate.client().get('/auth/protected', { bearer: accessToken })).status, 200)
  })

  it('refuses what is no refresh token', async (t) => {
    const gate = await openGate(t)
    const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
    const last = refreshToken.at(-1) === 'A' ? 'B' : 'A'

    for (const wrong of ['srt_', `${refreshToken} `, refreshToken.slice(0, -1) + last]) {
      assertProblem(
        await gate.client().post('/auth/refresh', { refreshToken: wrong }),
        401,
        'refresh_invalid',
      )
    }
    assertProblem(await gate.client().post('/auth/refresh', {}), 400, 'invalid_request')
    assert.equal((await gate.client().post('/auth/refresh', { refreshToken })).status, 200)
  })
})
