/** POST /auth/email/change, confirm and undo: another address for the account, and the way back. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate, wrongCode } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const newEmail = 'ada@elsewhere.test'
const password = 'seven horses in the rain'

for (const engine of deployments) {
  describe(`change the address, ${engine.name}`, { skip: engine.missing() }, () => {
    it('takes the new address once its mailbox has the code', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const bearer = await gate.accessToken(client)
      assert.equal((await client.get('/auth/protected', { bearer })).body.user.email, ada.email)
      const { sessionId } = (await client.get('/auth/session')).body

      const asked = await client.post('/auth/email/change', { newEmail: 'Ada@Elsewhere.test' })

      assert.equal(asked.status, 200, JSON.stringify(asked.body))
      assert.deepEqual(asked.body, {
        message: 'OTP sent',
        sessionId,
        next: 'email/confirm',
        methods: ['email'],
        otp: {
          channel: 'email',
          destination: 'a••a@elsewhere.test',
          length: 6,
          expiresIn: 600,
          resendIn: 30,
          attemptsLeft: 5,
        },
      })
      assert.match(
        (await gate.mailsTo({ email: newEmail }))[0] ?? '',
        /^\d{6} confirms your new Sallyport address$/,
      )
      assert.equal((await client.get('/auth/session')).body.user.email, ada.email)
      assertProblem(
        await gate.client().post('/auth/login', { ...ada, email: newEmail }),
        401,
        'invalid_credentials',
      )

      const confirmed = await client.post('/auth/email/confirm', {
        otp: await gate.code({ email: newEmail }),
      })

      assert.deepEqual(
        [confirmed.status, confirmed.body],
        [200, { message: 'E-mail changed', user: { id: ada.id, email: newEmail } }],
      )
      const now = (await client.get('/auth/session')).body
      assert.deepEqual([now.sessionId, now.user], [sessionId, { id: ada.id, email: newEmail }])
      assert.deepEqual((await client.get('/auth/protected', { bearer })).body.user, {
        id: ada.id,
        email: newEmail,
      })
      assertProblem(await gate.client().post('/auth/login', ada), 401, 'invalid_credentials')
      await gate.enter({ ...ada, email: newEmail })
    })

    it('ends every other session and trusted device, and keeps its own with its tokens', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const phone = await gate.enterTrusted(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(phone)
      const client = await gate.enter(ada)
      const own = await gate.bothTokens(client)

      await moveTo(gate, client, newEmail)

      assert.equal(assertProblem(await phone.post('/auth/token'), 401, 'session_ended').reason, 'revoked')
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      const login = await phone.post('/auth/login', { ...ada, email: newEmail })
      assert.equal(login.body.next, 'verify-otp')
      assert.equal((await client.get('/auth/protected', { bearer: own.accessToken })).status, 200)
      const refreshed = await client.post('/auth/refresh', { refreshToken: own.refreshToken })
      assert.equal(refreshed.status, 200)
    })

    it('is undone with the code that the old address got, which ends everything', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const thief = await gate.enterTrusted(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(thief)
      await moveTo(gate, thief, newEmail)
      const code = await gate.longCode(ada)
      assert.match(code, /^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/)
      gate.clock.advance(7 * dayMs - 1)

      const reply = await gate.client().post('/auth/email/undo', { code })

      assert.deepEqual(
        [reply.status, reply.body],
        [200, { message: 'E-mail restored', next: 'password/forgot' }],
      )
      assert.equal(assertProblem(await thief.post('/auth/token'), 401, 'session_ended').reason, 'revoked')
      assert.equal((await gate.client().get('/auth/protected', { bearer })).status, 401)
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      assertProblem(
        await gate.client().post('/auth/login', { ...ada, email: newEmail }),
        401,
        'invalid_credentials',
      )
      assert.equal((await gate.mailsTo(ada)).at(-1), 'The change of your Sallyport address was undone')
      const back = await gate.enter(ada)
      assert.deepEqual((await back.get('/auth/session')).body.user, { id: ada.id, email: ada.email })
      assertProblem(await gate.client().post('/auth/email/undo', { code }), 401, 'mailed_code_invalid')
    })

    it('keeps the old address for its owner as long as it can be undone', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const eve = await gate.makeAccount('eve@example.test')
      await moveTo(gate, await gate.enter(ada), newEmail)
      const before = (await gate.mailsTo(ada)).length

      const registering = gate.client()
      const registered = await registering.post('/auth/register', { email: ada.email, password })
      const moving = await gate.enter(eve)
      const moved = await moving.post('/auth/email/change', { newEmail: ada.email })

      assert.deepEqual([registered.status, moved.status], [200, 200])
      assert.deepEqual(
        (await gate.mailsTo(ada)).slice(before),
        Array(2).fill('You already have a Sallyport account'),
      )
      const otp = '123456'
      assertProblem(await registering.post('/auth/verify-otp', { otp }), 401, 'otp_invalid')
      assertProblem(await moving.post('/auth/email/confirm', { otp }), 401, 'otp_invalid')
      gate.clock.advance(7 * dayMs)
      assert.equal((await registering.post('/auth/register', { email: ada.email, password })).status, 200)
      assert.equal((await gate.verify(ada, registering)).status, 200)
    })

    it('goes back to the first address of several, with the code from there', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      await moveTo(gate, client, 'b@elsewhere.test')
      const undoFirst = await gate.longCode(ada)
      gate.clock.advance('1m')
      await moveTo(gate, client, 'c@elsewhere.test')
      const undoSecond = await gate.longCode({ email: 'b@elsewhere.test' })

      assert.equal((await gate.client().post('/auth/email/undo', { code: undoFirst })).status, 200)

      await gate.enter(ada)
      const late = await gate.client().post('/auth/email/undo', { code: undoSecond })
      assertProblem(late, 401, 'mailed_code_invalid')
      for (const email of ['b@elsewhere.test', 'c@elsewhere.test']) {
        const client = gate.client()
        await client.post('/auth/register', { email, password })
        assert.equal((await gate.verify({ id: '', email, password }, client)).status, 200)
      }
    })

    it('answers for a taken address as for a free one, and tells its owner', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const eve = await gate.makeAccount('eve@example.test')
      const client = await gate.enter(ada)

      const taken = await client.post('/auth/email/change', { newEmail: eve.email })
      const free = await client.clone().post('/auth/email/change', { newEmail })

      const view = ({ status, body }: typeof free) => ({
        status,
        body: { ...body, otp: { ...body.otp, destination: '' } },
      })
      assert.deepEqual(view(taken), view(free))
      assert.deepEqual(await gate.mailsTo(eve), ['You already have a Sallyport account'])
      await client.post('/auth/email/change', { newEmail: eve.email })
      for (const attemptsLeft of [4, 3, 2, 1, 0]) {
        const reply = await client.post('/auth/email/confirm', { otp: '123456' })
        assert.equal(assertProblem(reply, 401, 'otp_invalid').attemptsLeft, attemptsLeft)
      }
      assertProblem(
        await client.post('/auth/email/confirm', { otp: '123456' }),
        401,
        'otp_attempts_exhausted',
      )
      assert.equal((await client.get('/auth/session')).body.user.email, ada.email)
      await gate.enter(eve)
    })
  })
}

describe('change the address', () => {
  it('tells the old address of it, from which device and until when it can be undone', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await client.post('/auth/email/change', { newEmail })
    const headers = { 'User-Agent': 'curl/8.5.0' }

    await client.post('/auth/email/confirm', { otp: await gate.code({ email: newEmail }) }, { headers })

    assert.equal((await gate.mailsTo(ada)).at(-1), 'The address of your Sallyport account was changed')
    const text = (await gate.mailTexts(ada)).at(-1) ?? ''
    assert.match(text, /moved to another e-mail address on 2026-01-01 00:00 UTC from curl\./)
    assert.match(text, /Undo it within 7 days\./)
    assert.match(text, new RegExp(await gate.longCode(ada)))
    assert.doesNotMatch(text, /elsewhere/)
  })

  it('can be undone for seven days, and not a moment longer', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await moveTo(gate, await gate.enter(ada), newEmail)
    const code = await gate.longCode(ada)
    gate.clock.advance(7 * dayMs)

    assertProblem(await gate.client().post('/auth/email/undo', { code }), 401, 'mailed_code_invalid')
    await gate.enter({ ...ada, email: newEmail })
  })

  it('lets no operator give the old address away before', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await moveTo(gate, await gate.enter(ada), newEmail)
    const code = await gate.longCode(ada)

    await assert.rejects(gate.makeAccount(ada.email), { message: 'ada@example.test exists already' })

    assert.equal((await gate.client().post('/auth/email/undo', { code })).status, 200)
    await gate.enter(ada)
  })

  it('reads the undo code however it is typed, and refuses every other', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await moveTo(gate, await gate.enter(ada), newEmail)
    const code = await gate.longCode(ada)
    const other = code.at(0) === 'A' ? 'B' : 'A'

    for (const wrong of [other + code.slice(1), code.slice(0, -1), '123456', 'x']) {
      assertProblem(await gate.client().post('/auth/email/undo', { code: wrong }), 401, 'mailed_code_invalid')
    }
    const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`
    assert.equal((await gate.client().post('/auth/email/undo', { code: typed })).status, 200)
  })

  it('counts wrong codes down, and the session stays as it is', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await client.post('/auth/email/change', { newEmail })
    const otp = await gate.code({ email: newEmail })

    for (const attemptsLeft of [4, 3, 2, 1, 0]) {
      const reply = await client.post('/auth/email/confirm', { otp: wrongCode(otp) })
      assert.equal(assertProblem(reply, 401, 'otp_invalid').attemptsLeft, attemptsLeft)
    }
    assertProblem(await client.post('/auth/email/confirm', { otp }), 401, 'otp_attempts_exhausted')
    assert.deepEqual((await client.get('/auth/session')).body.user, { id: ada.id, email: ada.email })
    await moveTo(gate, client, newEmail)
  })

  it('sends the same code to the new address again, and refuses it once it has expired', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await client.post('/auth/email/change', { newEmail })
    const code = await gate.code({ email: newEmail })
    gate.clock.advance('31s')

    const again = await client.post('/auth/otp/resend')

    assert.equal(again.body.otp.destination, 'a••a@elsewhere.test')
    assert.equal(await gate.code({ email: newEmail }), code)
    assert.equal((await gate.mailsTo({ email: newEmail })).length, 2)
    gate.clock.advance('10m')
    assertProblem(await client.post('/auth/email/confirm', { otp: code }), 401, 'otp_expired')
  })

  it('takes its code in its own step only, and a code of no other step', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await client.post('/auth/email/change', { newEmail })
    const otp = await gate.code({ email: newEmail })

    const misplaced = assertProblem(await client.post('/auth/verify-otp', { otp }), 409, 'otp_not_pending')
    assert.equal(misplaced.fix, 'Send the code to POST /auth/email/confirm, or log in.')
    await client.post('/auth/step-up')
    const late = assertProblem(await client.post('/auth/email/confirm', { otp }), 409, 'otp_not_pending')
    assert.equal(late.fix, 'Send the code to POST /auth/verify-otp, or log in.')
    assert.equal((await client.get('/auth/session')).body.user.email, ada.email)
  })

  it('takes a code once, and its session goes on', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    await moveTo(gate, client, newEmail)
    const otp = await gate.code({ email: newEmail })

    const reply = await client.post('/auth/email/confirm', { otp })

    assert.equal(assertProblem(reply, 409, 'otp_not_pending').cause, 'already_verified')
    assertProblem(await client.post('/auth/otp/resend'), 409, 'otp_not_pending')
    assert.equal((await client.post('/auth/token')).status, 200)
  })

  it('says so when somebody else has taken the address meanwhile', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await client.post('/auth/email/change', { newEmail })
    const otp = await gate.code({ email: newEmail })
    await gate.makeAccount(newEmail)

    assertProblem(await client.post('/auth/email/confirm', { otp }), 409, 'email_taken')
    assert.equal((await client.get('/auth/session')).body.user.email, ada.email)
  })

  it('refuses the address that the account has, and what is none', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())

    const same = await client.post('/auth/email/change', { newEmail: 'ADA@example.test' })
    assert.deepEqual(assertProblem(same, 400, 'invalid_request').errors, [
      { path: ['newEmail'], message: 'is the address that the account has already' },
    ])
    const none = await client.post('/auth/email/change', { newEmail: 'ada' })
    assert.deepEqual(assertProblem(none, 400, 'invalid_request').errors[0].path, ['newEmail'])
  })

  it('closes the codes that wait for the old address', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const resetting = gate.client()
    await resetting.post('/auth/password/forgot', ada)
    const resetCode = await gate.code(ada)
    await moveTo(gate, await gate.enter(ada), newEmail)

    const reply = await resetting.post('/auth/password/reset', { otp: resetCode, newPassword: password })

    assertProblem(reply, 401, 'session_ended')
    await gate.enter({ ...ada, email: newEmail })
  })

  it('lets nobody undo what has no way back: the account is gone', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    await moveTo(gate, client, newEmail)
    const code = await gate.longCode(ada)
    assert.equal((await client.delete('/auth/account')).status, 204)

    assertProblem(await gate.client().post('/auth/email/undo', { code }), 401, 'mailed_code_invalid')
    await gate.makeAccount(ada.email)
  })

  it('needs a verified session', async (t) => {
    const gate = await openGate(t)
    const pending = await gate.logIn(await gate.makeAccount())

    for (const [path, body] of [
      ['/auth/email/change', { newEmail }],
      ['/auth/email/confirm', { otp: '123456' }],
    ] as const) {
      assertProblem(await gate.client().post(path, body), 401, 'session_missing')
      assertProblem(await pending.post(path, body), 403, 'otp_required')
    }
  })
})

const dayMs = 86_400_000

async function moveTo(gate: TestGate, client: Client, email: string): Promise<void> {
  const asked = await client.post('/auth/email/change', { newEmail: email })
  assert.equal(asked.status, 200, JSON.stringify(asked.body))
  const confirmed = await client.post('/auth/email/confirm', { otp: await gate.code({ email }) })
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
}
