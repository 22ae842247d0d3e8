/** A-SESS-06, A-REF-05: a cookie that ran into its idle limit may still stand for a good refresh token. What ends it, ends both. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-SESS-06: an idle session whose refresh token is good', () => {
  it('ends with a logout by its old cookie', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const { refreshToken } = await gate.bothTokens(client)

    gate.clock.advance('25h')
    assert.equal((await client.get('/auth/session')).body.endedBecause, 'idle')
    assert.equal((await client.post('/auth/logout')).status, 200)

    assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
  })

  it('ends with a new login in the same browser', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const { refreshToken } = await gate.bothTokens(client)

    gate.clock.advance('25h')
    await gate.logIn(ada, client)

    assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
  })

  it('does not take the idle time from a cookie that is used, when tokens are refreshed too', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    let { refreshToken } = await gate.bothTokens(client)

    for (let hour = 0; hour < 30; hour++) {
      gate.clock.advance('1h')
      refreshToken = (await client.post('/auth/refresh', { refreshToken })).body.refreshToken
      assert.equal((await client.get('/auth/session')).body.stage, 'verified', `hour ${hour}`)
      // Last-seen times are gathered and written each second of real time.
      await gate.sallyport().inside.flushTouches()
    }
  })
})
