/** The lifetimes of contract 2, with the clock at both sides of each. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

/** The time of the last request is written within a second of real time. */
const writtenMs = 1_300

for (const engine of deployments) {
  describe(`the lifetimes, ${engine.name}`, { skip: engine.missing(), concurrency: 3 }, () => {
    it('SESSION_IDLE_TTL ends a session that nobody uses', async (t) => {
      const gate = await openGate(t, { engine, env: { SESSION_IDLE_TTL: '1h' } })
      const client = await gate.enter(await gate.makeAccount())
      const bearer = await gate.accessToken(client)

      gate.clock.advance(3_600_000 - 1)
      const before = await client.clone().get('/auth/session')
      await sleep(writtenMs)
      gate.clock.advance(3_600_000)
      const after = await client.get('/auth/session')

      assert.equal(before.body.stage, 'verified')
      assert.deepEqual([after.body.stage, after.body.endedBecause], ['anonymous', 'idle'])
      assert.equal(assertProblem(await client.post('/auth/token'), 401, 'session_ended').reason, 'idle')
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_expired')
    })

    it('SESSION_IDLE_TTL begins again with each request', async (t) => {
      const gate = await openGate(t, { engine, env: { SESSION_IDLE_TTL: '1h' } })
      const client = await gate.enter(await gate.makeAccount())

      for (let n = 0; n < 3; n++) {
        gate.clock.advance('50m')
        assert.equal((await client.get('/auth/session')).body.stage, 'verified')
        await sleep(writtenMs)
      }
    })

    it('a session in use is alive for everything: its cookie, its tokens and the list', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())

      for (let hour = 1; hour <= 30; hour++) {
        gate.clock.advance('1h')
        assert.equal((await client.get('/auth/session')).body.stage, 'verified')
        // What was gathered is written when the server ends: quicker than to wait for it.
        if (hour % 6 === 0) await gate.restart()
      }
      const bearer = await gate.accessToken(client)

      assert.equal((await gate.client().get('/auth/protected', { bearer })).status, 200)
      assert.equal((await client.get('/auth/sessions')).body.sessions.length, 1)
    })

    it('SESSION_TTL ends a session however much it is used', async (t) => {
      const gate = await openGate(t, { engine, env: { SESSION_TTL: '2h', SESSION_IDLE_TTL: '2h' } })
      const client = await gate.enter(await gate.makeAccount())
      const { refreshToken } = await gate.bothTokens(client)

      gate.clock.advance('1h')
      assert.equal((await client.post('/auth/token')).status, 200)
      await sleep(writtenMs)
      gate.clock.advance(3_600_000 - 1)
      const last = await client.post('/auth/token')
      gate.clock.advance(1)

      assert.equal(last.status, 200)
      assert.equal(assertProblem(await client.post('/auth/token'), 401, 'session_ended').reason, 'absolute')
      assert.equal((await client.get('/auth/session')).body.endedBecause, 'absolute')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      const bearer = last.body.accessToken
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
    })

    it('OTP_TTL ends the code', async (t) => {
      const gate = await openGate(t, { engine, env: { OTP_TTL: '5m' } })
      const ada = await gate.makeAccount()
      const [quick, slow] = [await gate.logIn(ada), await gate.logIn(ada)]

      gate.clock.advance(300_000 - 1)
      const codes = (await gate.sallyport().inside.mail.inbox?.list(ada.email)) ?? []
      const [slowCode, quickCode] = codes.map(({ code }) => code)
      assert.equal((await quick.post('/auth/verify-otp', { otp: quickCode })).status, 200)
      gate.clock.advance(1)
      assertProblem(await slow.post('/auth/verify-otp', { otp: slowCode }), 401, 'otp_expired')
    })

    it('REFRESH_TOKEN_TTL ends a refresh token that nobody uses', async (t) => {
      const gate = await openGate(t, { engine, env: { REFRESH_TOKEN_TTL: '7d' } })
      const ada = await gate.makeAccount()
      const [used, unused] = [
        await gate.bothTokens(await gate.enter(ada)),
        await gate.bothTokens(await gate.enter(ada)),
      ]

      gate.clock.advance(7 * 86_400_000 - 1)
      const before = await gate.client().post('/auth/refresh', { refreshToken: used.refreshToken })
      gate.clock.advance(1)
      const after = await gate.client().post('/auth/refresh', { refreshToken: unused.refreshToken })

      assert.equal(before.status, 200)
      assertProblem(after, 401, 'refresh_invalid')
    })
  })
}

describe('the lifetimes', () => {
  it('ACCESS_TOKEN_TTL is what a token says and what is kept', async (t) => {
    const gate = await openGate(t, { env: { ACCESS_TOKEN_TTL: '30s' } })
    const client = await gate.enter(await gate.makeAccount())

    const { accessToken: bearer, expiresIn } = (await client.post('/auth/token')).body
    assert.equal(expiresIn, 30)
    gate.clock.advance(29_999)
    assert.equal((await client.get('/auth/protected', { bearer })).status, 200)
    gate.clock.advance(1)
    assertProblem(await client.get('/auth/protected', { bearer }), 401, 'token_expired')
  })

  it('OTP_RESEND_AFTER is what the login says and what is kept', async (t) => {
    const gate = await openGate(t, { env: { OTP_RESEND_AFTER: '2m' } })
    const ada = await gate.makeAccount()
    const client = gate.client()

    const { otp } = (await client.post('/auth/login', { email: ada.email, password: ada.password })).body
    assert.equal(otp.resendIn, 120)
    gate.clock.advance(119_999)
    assertProblem(await client.post('/auth/otp/resend'), 429, 'otp_resend_too_soon')
    gate.clock.advance(1)
    assert.equal((await client.post('/auth/otp/resend')).status, 200)
  })

  it('OTP_ATTEMPTS is what the login says and what is kept', async (t) => {
    const gate = await openGate(t, { env: { OTP_ATTEMPTS: '2' } })
    const ada = await gate.makeAccount()
    const client = gate.client()

    const { otp } = (await client.post('/auth/login', { email: ada.email, password: ada.password })).body
    assert.equal(otp.attemptsLeft, 2)
    const wrong = { otp: (await gate.code(ada)) === '000000' ? '111111' : '000000' }
    assert.equal((await client.post('/auth/verify-otp', wrong)).body.attemptsLeft, 1)
    assert.equal((await client.post('/auth/verify-otp', wrong)).body.attemptsLeft, 0)
    assertProblem(await client.post('/auth/verify-otp', wrong), 401, 'otp_attempts_exhausted')
  })

  it('REFRESH_GRACE gives the same successor again, and then ends the family', async (t) => {
    const gate = await openGate(t, { env: { REFRESH_GRACE: '5s' } })
    const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
    const refresh = () => gate.client().post('/auth/refresh', { refreshToken })
    const successor = (await refresh()).body.refreshToken

    gate.clock.advance(5_000)
    assert.equal((await refresh()).body.refreshToken, successor)
    gate.clock.advance(1)
    assertProblem(await refresh(), 401, 'refresh_reused')
  })

  it('a pending session does not become older by being used', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)

    for (let minute = 0; minute < 19; minute++) {
      gate.clock.advance('1m')
      assert.equal((await client.get('/auth/session')).body.stage, 'otp_pending')
    }
    gate.clock.advance('1m')
    assert.equal((await client.get('/auth/session')).body.stage, 'anonymous')
    assertProblem(await gate.verify(ada, client), 401, 'session_ended')
  })
})
