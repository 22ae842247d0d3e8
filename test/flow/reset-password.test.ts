/** POST /auth/password/reset: a new password with the code of the forgot call. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate, wrongCode } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const newPassword = 'seven horses in the rain'

for (const engine of deployments) {
  describe(`reset the password, ${engine.name}`, { skip: engine.missing() }, () => {
    it('sets the new one, logs nobody in, and the next login asks for its code', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await forgot(gate, ada)
      const waiting = client.clone()

      const reply = await reset(gate, ada, client)

      assert.deepEqual([reply.status, reply.body], [200, { message: 'Password changed', next: 'login' }])
      assert.equal(client.cookies.has('sallyport.sid'), false)
      assert.deepEqual((await client.get('/auth/session')).body, { stage: 'anonymous' })
      assert.equal((await waiting.get('/auth/session')).body.endedBecause, 'replaced')
      assertProblem(await client.post('/auth/login', ada), 401, 'invalid_credentials')
      const login = await client.post('/auth/login', { email: ada.email, password: newPassword })
      assert.deepEqual([login.body.message, login.body.next], ['OTP sent', 'verify-otp'])
      assert.equal((await gate.verify(ada, client)).status, 200)
    })

    it('ends every session, token and trusted device of the account (A-RST-05)', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const laptop = await gate.enterTrusted(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(laptop)
      const pending = await gate.logIn(ada)
      const pendingCode = await gate.code(ada)
      const client = await forgot(gate, ada)

      await reset(gate, ada, client)

      const ended = assertProblem(await laptop.post('/auth/token'), 401, 'session_ended')
      assert.equal(ended.reason, 'password_changed')
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      assertProblem(await pending.post('/auth/verify-otp', { otp: pendingCode }), 401, 'session_ended')
      assert.ok(laptop.cookies.has('sallyport.device'))
      const login = await laptop.post('/auth/login', { email: ada.email, password: newPassword })
      assert.equal(login.body.next, 'verify-otp')
    })

    it('counts wrong codes down, and then the code is spent', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await forgot(gate, ada)
      const otp = await gate.code(ada)

      for (const attemptsLeft of [4, 3, 2, 1, 0]) {
        const reply = await client.post('/auth/password/reset', { otp: wrongCode(otp), newPassword })
        assert.equal(assertProblem(reply, 401, 'otp_invalid').attemptsLeft, attemptsLeft)
      }
      assertProblem(
        await client.post('/auth/password/reset', { otp, newPassword }),
        401,
        'otp_attempts_exhausted',
      )
      await gate.enter(ada)
    })

    it('counts them for an unknown address in the same way', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await forgot(gate, { email: 'ivy@example.test' })

      for (const attemptsLeft of [4, 3, 2, 1, 0]) {
        const reply = await client.post('/auth/password/reset', { otp: '123456', newPassword })
        assert.equal(assertProblem(reply, 401, 'otp_invalid').attemptsLeft, attemptsLeft)
      }
      assertProblem(
        await client.post('/auth/password/reset', { otp: '123456', newPassword }),
        401,
        'otp_attempts_exhausted',
      )
    })

    it('takes a code once', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await forgot(gate, ada)
      const again = client.clone()
      const otp = await gate.code(ada)
      assert.equal((await client.post('/auth/password/reset', { otp, newPassword })).status, 200)

      const other = 'nine camels in the snow'
      const reply = await again.post('/auth/password/reset', { otp, newPassword: other })

      assert.equal(assertProblem(reply, 401, 'session_ended').reason, 'replaced')
      assertProblem(await again.post('/auth/login', { ...ada, password: other }), 401, 'invalid_credentials')
      await gate.enter({ ...ada, password: newPassword })
    })
  })
}

describe('reset the password', () => {
  it('tells the owner by mail, from which device', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const ada = await gate.makeAccount()
    const client = await forgot(gate, ada)
    const headers = { 'User-Agent': 'curl/8.5.0' }

    await client.post('/auth/password/reset', { otp: await gate.code(ada), newPassword }, { headers })

    assert.equal((await gate.mailsTo(ada)).at(-1), 'Your Sallyport password was changed')
    const text = (await gate.mailTexts(ada)).at(-1) ?? ''
    assert.match(text, /was changed on 2026-01-01 00:00 UTC from curl\. All other sessions were ended\./)
  })

  it('spends no try on a password that breaks the policy', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await forgot(gate, ada)
    const otp = await gate.code(ada)

    for (const [refused, reason] of [
      ['short', 'too_short'],
      ['password', 'too_common'],
      ['ada@example.test', 'contains_address'],
      ['x'.repeat(300), 'too_long'],
    ]) {
      for (const sent of [otp, wrongCode(otp)]) {
        const reply = await client.post('/auth/password/reset', { otp: sent, newPassword: refused })
        assert.equal(assertProblem(reply, 422, 'password_rejected').reason, reason)
      }
    }

    const wrong = await client.post('/auth/password/reset', { otp: wrongCode(otp), newPassword })
    assert.equal(assertProblem(wrong, 401, 'otp_invalid').attemptsLeft, 4)
    assert.equal((await client.post('/auth/password/reset', { otp, newPassword })).status, 200)
  })

  it('spends no try on a code of another length', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await forgot(gate, ada)

    const short = await client.post('/auth/password/reset', { otp: '12345', newPassword })
    assertProblem(short, 400, 'invalid_request')
    assert.equal((await reset(gate, ada, client)).status, 200)
  })

  it('refuses a code that has expired, and tells so', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await forgot(gate, ada)
    const otp = await gate.code(ada)
    gate.clock.advance('10m')

    assertProblem(await client.post('/auth/password/reset', { otp, newPassword }), 401, 'otp_expired')
    await gate.enter(ada)
  })

  it('refuses the code of another session, of this account or another', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const eve = await gate.makeAccount('eve@example.test')
    const first = await forgot(gate, ada)
    const firstCode = await gate.code(ada)
    const second = await forgot(gate, ada)
    const ofEve = await forgot(gate, eve)
    const eveCode = await gate.code(eve)

    for (const [client, otp] of [
      [second, firstCode],
      [first, eveCode],
      [ofEve, firstCode],
    ] as const) {
      const reply = await client.post('/auth/password/reset', { otp, newPassword })
      assertProblem(reply, 401, 'otp_invalid')
    }
    assertProblem(
      await gate.client().post('/auth/password/reset', { otp: firstCode, newPassword }),
      401,
      'session_missing',
    )
    assert.equal((await first.post('/auth/password/reset', { otp: firstCode, newPassword })).status, 200)
  })

  it('lets a second forgot call that waits no longer reset once the first has', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const first = await forgot(gate, ada)
    const firstCode = await gate.code(ada)
    const second = await forgot(gate, ada)
    const secondCode = await gate.code(ada)
    await first.post('/auth/password/reset', { otp: firstCode, newPassword })

    const reply = await second.post('/auth/password/reset', { otp: secondCode, newPassword: ada.password })

    assertProblem(reply, 401, 'session_ended')
    await gate.enter({ ...ada, password: newPassword })
  })

  it('says where the code belongs when it is sent to verify-otp', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await forgot(gate, ada)

    const reply = await gate.verify(ada, client)

    const problem = assertProblem(reply, 409, 'otp_not_pending')
    assert.equal(problem.cause, 'code_of_another_step')
    assert.equal(problem.fix, 'Send the code to POST /auth/password/reset, or log in.')
    assert.equal((await reset(gate, ada, client)).status, 200)
  })

  it('is not for the session of a login, a registration or a step-up', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const login = await gate.logIn(ada)
    const registration = gate.client()
    await registration.post('/auth/register', { email: 'nora@example.test', password: newPassword })
    const verified = await gate.enter(ada)
    const steppingUp = await gate.enter(ada)
    await steppingUp.post('/auth/step-up')

    for (const client of [login, registration, steppingUp]) {
      const reply = await client.post('/auth/password/reset', { otp: '123456', newPassword })
      const problem = assertProblem(reply, 409, 'otp_not_pending')
      assert.equal(problem.fix, 'Send the code to POST /auth/verify-otp, or log in.')
    }
    const reply = await verified.post('/auth/password/reset', { otp: '123456', newPassword })
    assert.equal(assertProblem(reply, 409, 'otp_not_pending').cause, 'already_verified')
    await gate.enter(ada)
  })

  it('is refused to an account that was disabled meanwhile', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await forgot(gate, ada)
    const otp = await gate.code(ada)
    await gate.disable(ada)

    const reply = await client.post('/auth/password/reset', { otp, newPassword })

    assert.equal(reply.status, 401)
    await gate.enable(ada)
    await gate.enter(ada)
  })
})

async function forgot(gate: TestGate, { email }: { email: string }): Promise<Client> {
  const client = gate.client()
  const reply = await client.post('/auth/password/forgot', { email })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return client
}

async function reset(gate: TestGate, account: TestAccount, client: Client) {
  return client.post('/auth/password/reset', { otp: await gate.code(account), newPassword })
}
