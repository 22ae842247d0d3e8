/** POST /auth/password/change: a new password with the current one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const newPassword = 'seven horses in the rain'

for (const engine of deployments) {
  describe(`change the password, ${engine.name}`, { skip: engine.missing() }, () => {
    it('keeps the current session under a new id, and its old tokens are dead', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(client)
      const before = client.clone()
      const { sessionId } = (await client.get('/auth/session')).body

      const reply = await change(client, ada)

      assert.deepEqual([reply.status, reply.body], [200, { message: 'Password changed', next: 'token' }])
      const now = (await client.get('/auth/session')).body
      assert.equal(now.stage, 'verified')
      assert.deepEqual(now.user, { id: ada.id, email: ada.email })
      assert.notEqual(now.sessionId, sessionId)
      assert.notEqual(client.cookies.get('sallyport.sid'), before.cookies.get('sallyport.sid'))
      assert.equal(assertProblem(await before.post('/auth/token'), 401, 'session_ended').reason, 'replaced')
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      const fresh = await gate.accessToken(client)
      assert.equal((await client.get('/auth/protected', { bearer: fresh })).status, 200)
    })

    it('ends every other session and trusted device, and the old password opens nothing', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const phone = await gate.enterTrusted(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(phone)
      const pending = await gate.logIn(ada)
      const pendingCode = await gate.code(ada)
      const client = await gate.enter(ada)

      await change(client, ada)

      const ended = assertProblem(await phone.post('/auth/token'), 401, 'session_ended')
      assert.equal(ended.reason, 'password_changed')
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      assertProblem(await pending.post('/auth/verify-otp', { otp: pendingCode }), 401, 'session_ended')
      assert.equal((await client.get('/auth/sessions')).body.sessions.length, 1)
      assert.deepEqual((await client.get('/auth/devices')).body, { devices: [] })
      assertProblem(await phone.post('/auth/login', ada), 401, 'invalid_credentials')
      const login = await phone.post('/auth/login', { ...ada, password: newPassword })
      assert.equal(login.body.next, 'verify-otp')
    })

    it('refuses a wrong current password, and nothing has changed', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)

      const reply = await change(client, { ...ada, password: 'not my password' })

      const problem = assertProblem(reply, 401, 'invalid_credentials')
      assert.equal(problem.detail, 'The current password is not right.')
      assert.equal(problem.fix, 'Send the password that the account has now as currentPassword.')
      assert.equal((await client.get('/auth/session')).body.stage, 'verified')
      await gate.enter(ada)
    })
  })
}

describe('change the password', () => {
  it('tells the owner by mail, from which device', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)

    await client.post(
      '/auth/password/change',
      { currentPassword: ada.password, newPassword },
      { headers: { 'User-Agent': 'curl/8.5.0' } },
    )

    assert.equal((await gate.mailsTo(ada)).at(-1), 'Your Sallyport password was changed')
    const text = (await gate.mailTexts(ada)).at(-1) ?? ''
    assert.match(text, /was changed on 2026-01-01 00:00 UTC from curl\. All other sessions were ended\./)
    assert.match(text, /Not you\? Reset your password at once\./)
  })

  it('takes the trusted device of its own browser too', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enterTrusted(ada)

    await change(client, ada)

    assert.equal(client.cookies.has('sallyport.device'), false)
  })

  it('keeps the age of the last code: a change is no verification', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    gate.clock.advance('11m')

    assert.equal((await change(client, ada)).status, 200)

    assertProblem(await client.get('/auth/account/export'), 403, 'reauth_required')
  })

  it('keeps to the policy, with the address of the account', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)

    for (const [refused, reason] of [
      ['short', 'too_short'],
      ['password', 'too_common'],
      ['ada@example.test', 'contains_address'],
      ['x'.repeat(300), 'too_long'],
    ] as const) {
      const reply = await change(client, ada, refused)
      assert.equal(assertProblem(reply, 422, 'password_rejected').reason, reason)
    }
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
    await gate.enter(ada)
  })

  it('compares ten wrong ones in a quarter of an hour, of an account from anywhere', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' } })
    const ada = await gate.makeAccount()
    const [client, elsewhere] = [await gate.enter(ada), gate.client({ localAddress: '127.0.0.7' })]
    for (const [name, value] of client.cookies) elsewhere.cookies.set(name, value)
    const wrong = { ...ada, password: 'not my password' }

    for (let n = 0; n < 10; n++) {
      assertProblem(await change(n % 2 ? client : elsewhere, wrong), 401, 'invalid_credentials')
    }

    const refused = await change(client, ada)
    assert.equal(assertProblem(refused, 429, 'rate_limited').cause, 'current-password')
    assert.ok(Number(refused.headers['retry-after']) > 0)
    assertProblem(await change(elsewhere, ada), 429, 'rate_limited')
  })

  it('needs a verified session', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const bearer = await gate.accessToken(await gate.enter(ada))

    assertProblem(await change(gate.client(), ada), 401, 'session_missing')
    assertProblem(await change(await gate.logIn(ada), ada), 403, 'otp_required')
    const withToken = await gate
      .client()
      .post('/auth/password/change', { currentPassword: ada.password, newPassword }, { bearer })
    assertProblem(withToken, 401, 'session_missing')
    await gate.enter(ada)
  })
})

function change(client: Client, { password }: TestAccount, wanted = newPassword) {
  return client.post('/auth/password/change', { currentPassword: password, newPassword: wanted })
}
