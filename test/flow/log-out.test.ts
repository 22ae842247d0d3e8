/** POST /auth/logout: the way out. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`log out, ${engine.name}`, { skip: engine.missing() }, () => {
    it('ends the session, its tokens and its cookie', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(client)
      const copy = client.clone()

      const reply = await client.post('/auth/logout')

      assert.equal(reply.status, 200)
      assert.deepEqual(reply.body, { message: 'Logged out' })
      // Only that this browser was here before is kept: it opens nothing.
      assert.deepEqual([...client.cookies.keys()], ['sallyport.known'])
      assert.equal(reply.headers['clear-site-data'], '"cache"')
      assert.equal(assertProblem(await copy.post('/auth/token'), 401, 'session_ended').reason, 'logged_out')
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
    })

    it('ends a login that waits for its code', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const copy = client.clone()

      await client.post('/auth/logout')

      assertProblem(await gate.verify(ada, copy), 401, 'session_ended')
    })
  })
}

describe('log out', () => {
  it('takes the cookie back with the attributes that it was set with', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())

    const [line = ''] = (await client.post('/auth/logout')).setCookies

    assert.deepEqual(line.split('; ').sort(), [
      'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      'HttpOnly',
      'Path=/',
      'SameSite=Lax',
      'sallyport.sid=',
    ])
  })

  it('succeeds without a session, and when it is done twice', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const copy = client.clone()

    assert.equal((await gate.client().post('/auth/logout')).status, 200)
    assert.equal((await client.post('/auth/logout')).status, 200)
    assert.equal((await copy.post('/auth/logout')).status, 200)
  })

  it('works with an access token for a client that keeps no cookies', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const bearer = await gate.accessToken(client)

    assert.equal((await gate.client().post('/auth/logout', undefined, { bearer })).status, 200)

    assertProblem(await client.post('/auth/token'), 401, 'session_ended')
    assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
  })

  it('leaves the other sessions of the account alone', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const [phone, laptop] = [await gate.enter(ada), await gate.enter(ada)]

    await phone.post('/auth/logout')

    assert.equal((await laptop.post('/auth/token')).status, 200)
  })

  it('ends the refresh tokens of a session whose cookie has run into the idle limit', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const { refreshToken } = await gate.bothTokens(client)
    gate.clock.advance('25h')

    assert.equal((await client.post('/auth/logout')).status, 200)

    assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
  })
})
