/** POST /auth/step-up: a fresh code for what needs a recent one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import {
  assertProblem,
  claimsOf,
  openGate,
  type TestAccount,
  type TestGate,
  wrongCode,
} from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

/** Everything that a session without a recent code may not do. */
const sensitive = [
  ['POST', '/auth/email/change', { newEmail: 'ada@elsewhere.test' }],
  ['GET', '/auth/account/export', undefined],
  ['DELETE', '/auth/account', undefined],
] as const

for (const engine of deployments) {
  describe(`step-up, ${engine.name}`, { skip: engine.missing() }, () => {
    it('makes a session recent again, under a new cookie and the same handle', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(client)
      const { sessionId } = (await client.get('/auth/session')).body
      const before = client.clone()
      gate.clock.advance('11m')
      await refuseSensitive(client)

      const asked = await client.post('/auth/step-up')

      assert.equal(asked.status, 200, JSON.stringify(asked.body))
      assert.deepEqual(asked.body, {
        message: 'OTP sent',
        sessionId,
        next: 'verify-otp',
        methods: ['email'],
        otp: {
          channel: 'email',
          destination: 'a••a@example.test',
          length: 6,
          expiresIn: 600,
          resendIn: 30,
          attemptsLeft: 5,
        },
      })
      assert.match((await gate.mailsTo(ada)).at(-1) ?? '', /^\d{6} confirms that it is you at Sallyport$/)
      await refuseSensitive(client)

      const verified = await gate.verify(ada, client)

      assert.deepEqual(
        [verified.status, verified.body],
        [200, { message: 'OTP verified successfully', next: 'token' }],
      )
      assert.notEqual(client.cookies.get('sallyport.sid'), before.cookies.get('sallyport.sid'))
      assert.deepEqual((await before.get('/auth/session')).body, { stage: 'anonymous' })
      assertProblem(await before.post('/auth/token'), 401, 'session_missing')
      const now = (await client.get('/auth/session')).body
      assert.deepEqual([now.stage, now.sessionId], ['verified', sessionId])
      assert.equal((await client.get('/auth/account/export')).status, 200)
      assert.equal(claimsOf(bearer).auth_time, gate.clock.now() / 1_000 - 660)
      const fresh = claimsOf(await gate.accessToken(client))
      assert.deepEqual(
        [fresh.sid, fresh.auth_time, fresh.amr],
        [sessionId, gate.clock.now() / 1_000, ['pwd', 'otp']],
      )
      const refreshed = await gate.client().post('/auth/refresh', { refreshToken })
      assert.equal(refreshed.status, 200)
      assert.equal(claimsOf(refreshed.body.accessToken).auth_time, gate.clock.now() / 1_000)
    })

    it('is what a login in a trusted device needs, whose amr is the password alone', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enterTrusted(ada)
      await client.post('/auth/login', ada)
      assert.deepEqual(claimsOf(await gate.accessToken(client)).amr, ['pwd'])
      await refuseSensitive(client)

      await stepUp(gate, ada, client)

      assert.deepEqual(claimsOf(await gate.accessToken(client)).amr, ['pwd', 'otp'])
      assert.equal((await client.get('/auth/account/export')).status, 200)
    })

    it('counts wrong codes, and the session stays verified as it was', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      gate.clock.advance('11m')
      await client.post('/auth/step-up')
      const otp = await gate.code(ada)

      for (const attemptsLeft of [4, 3, 2, 1, 0]) {
        const reply = await client.post('/auth/verify-otp', { otp: wrongCode(otp) })
        assert.equal(assertProblem(reply, 401, 'otp_invalid').attemptsLeft, attemptsLeft)
      }
      assertProblem(await client.post('/auth/verify-otp', { otp }), 401, 'otp_attempts_exhausted')

      assert.equal((await client.post('/auth/token')).status, 200)
      await refuseSensitive(client)
      await stepUp(gate, ada, client)
      assert.equal((await client.get('/auth/account/export')).status, 200)
    })
  })
}

describe('step-up', () => {
  it('is not needed after a login, for STEP_UP_TTL to the millisecond', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())

    assert.equal((await client.get('/auth/account/export')).status, 200)
    gate.clock.advance('10m')
    assert.equal((await client.get('/auth/account/export')).status, 200)
    gate.clock.advance(1)
    await refuseSensitive(client)
  })

  it('lasts as long as STEP_UP_TTL says', async (t) => {
    const gate = await openGate(t, { env: { STEP_UP_TTL: '1m' } })
    const client = await gate.enter(await gate.makeAccount())

    gate.clock.advance('61s')

    await refuseSensitive(client)
  })

  it('takes the newest code of several', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await client.post('/auth/step-up')
    const old = await gate.code(ada)
    await client.post('/auth/step-up')

    assertProblem(await client.post('/auth/verify-otp', { otp: old }), 401, 'otp_invalid')
    assert.equal((await gate.verify(ada, client)).status, 200)
  })

  it('sends the same code again', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await client.post('/auth/step-up')
    const code = await gate.code(ada)
    gate.clock.advance('31s')

    const reply = await client.post('/auth/otp/resend')

    assert.equal(reply.body.otp.expiresIn, 569)
    assert.equal(await gate.code(ada), code)
    assert.equal((await gate.verify(ada, client)).status, 200)
  })

  it('takes no code of a login or of another session', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const [client, other] = [await gate.enter(ada), await gate.enter(ada)]
    await other.post('/auth/step-up')
    const codeOfOther = await gate.code(ada)
    const pending = await gate.logIn(ada)
    const codeOfLogin = await gate.code(ada)
    await client.post('/auth/step-up')

    assertProblem(await client.post('/auth/verify-otp', { otp: codeOfOther }), 401, 'otp_invalid')
    assertProblem(await client.post('/auth/verify-otp', { otp: codeOfLogin }), 401, 'otp_invalid')
    assert.equal((await pending.post('/auth/verify-otp', { otp: codeOfLogin })).status, 200)
  })

  it('takes a code once, and no expired one', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await stepUp(gate, ada, client)
    const reply = await gate.verify(ada, client)
    assert.equal(assertProblem(reply, 409, 'otp_not_pending').cause, 'already_verified')

    await client.post('/auth/step-up')
    gate.clock.advance('10m')

    assertProblem(await gate.verify(ada, client), 401, 'otp_expired')
    assert.equal((await client.post('/auth/token')).status, 200)
  })

  it('can trust the device as a login can', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await client.post('/auth/step-up')

    const reply = await client.post('/auth/verify-otp', { otp: await gate.code(ada), trustDevice: true })

    assert.equal(reply.body.deviceTrusted, true)
    assert.equal((await client.post('/auth/login', ada)).body.next, 'token')
  })

  it('is refused while the codes of the account are locked', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    for (let logins = 0; logins < 2; logins++) {
      const guesser = await gate.logIn(ada)
      const otp = wrongCode(await gate.code(ada))
      for (let n = 0; n < 5; n++) await guesser.post('/auth/verify-otp', { otp })
    }

    const reply = await client.post('/auth/step-up')

    assertProblem(reply, 429, 'otp_locked')
    assert.equal(reply.headers['retry-after'], '900')
  })

  it('needs a verified session', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()

    assertProblem(await gate.client().post('/auth/step-up'), 401, 'session_missing')
    assertProblem(await (await gate.logIn(ada)).post('/auth/step-up'), 403, 'otp_required')
  })
})

async function stepUp(gate: TestGate, account: TestAccount, client: Client): Promise<void> {
  assert.equal((await client.post('/auth/step-up')).status, 200)
  assert.equal((await gate.verify(account, client)).status, 200)
}

async function refuseSensitive(client: Client): Promise<void> {
  for (const [method, path, body] of sensitive) {
    const problem = assertProblem(await client.request(method, path, { body }), 403, 'reauth_required')
    assert.equal(problem.cause, 'code_too_old', path)
    assert.match(problem.fix, /^POST \/auth\/step-up, then POST \/auth\/verify-otp/)
  }
}
