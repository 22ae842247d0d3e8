/** POST /auth/login: the first door. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`log in, ${engine.name}`, { skip: engine.missing() }, () => {
    it('opens a pending session and mails a code', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount('ada@example.test')
      const client = gate.client()

      const reply = await client.post('/auth/login', { email: ada.email, password: ada.password })

      assert.equal(reply.status, 200)
      const { sessionId, ...rest } = reply.body
      assert.match(sessionId, /^ses_[\w-]{22}$/)
      assert.deepEqual(rest, {
        message: 'OTP sent',
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
      assert.match(await gate.code(ada), /^\d{6}$/)
      assert.equal((await client.get('/auth/session')).body.stage, 'otp_pending')
    })

    it('ends the session that the browser had', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const old = client.clone()

      await gate.logIn(ada, client)

      assert.equal(assertProblem(await old.post('/auth/token'), 401, 'session_ended').reason, 'replaced')
      assert.equal((await old.get('/auth/session')).body.endedBecause, 'replaced')
    })
  })
}

describe('log in', () => {
  it('sets one cookie: HttpOnly, SameSite=Lax, Path=/, without Secure on http', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()

    const reply = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })

    assert.equal(reply.setCookies.length, 1)
    const [pair, ...attributes] = (reply.setCookies[0] ?? '').split('; ')
    assert.match(pair ?? '', /^sallyport\.sid=s%3A[\w-]{43}\.[\w%-]+$/)
    assert.deepEqual(attributes.filter((each) => !each.startsWith('Expires=')).sort(), [
      'HttpOnly',
      'Path=/',
      'SameSite=Lax',
    ])
  })

  it('knows the address in any case, and mails to the one that is stored', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount('ada@example.test')

    const reply = await gate
      .client()
      .post('/auth/login', { email: 'ADA@Example.TEST', password: ada.password })

    assert.equal(reply.status, 200)
    assert.deepEqual((await gate.mailsTo({ email: 'ada@example.test' })).length, 1)
  })

  it('compares the password exactly: case, spaces and Unicode forms count', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount('ada@example.test', 'Caf\u00e9 au lait ')

    for (const password of ['caf\u00e9 au lait ', 'Caf\u00e9 au lait', 'Cafe\u0301 au lait ']) {
      const reply = await gate.client().post('/auth/login', { email: ada.email, password })
      assertProblem(reply, 401, 'invalid_credentials')
    }
    await gate.logIn(ada)
  })

  it('does not cut a password at 72 bytes', async (t) => {
    const gate = await openGate(t)
    const head = 'x'.repeat(72)
    const ada = await gate.makeAccount('ada@example.test', `${head}tail`)

    const reply = await gate.client().post('/auth/login', { email: ada.email, password: `${head}other` })

    assertProblem(reply, 401, 'invalid_credentials')
    await gate.logIn(ada)
  })

  it('starts a flow of its own, and goes on with the flow id that the client sends', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = gate.client()
    const credentials = { email: ada.email, password: ada.password }

    const first = await client.post('/auth/login', credentials, { headers: { 'X-Flow-Id': '7Q2M-K4XD' } })
    assert.equal(first.headers['x-flow-id'], '7Q2M-K4XD')
    const verified = await gate.verify(ada, client)
    assert.equal(verified.headers['x-flow-id'], '7Q2M-K4XD')

    const second = await client.post('/auth/login', credentials)
    assert.notEqual(second.headers['x-flow-id'], '7Q2M-K4XD')
    assert.match(String(second.headers['x-flow-id']), /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
  })

  it('names what is wrong with the body, field by field', async (t) => {
    const gate = await openGate(t)

    const reply = await gate.client().post('/auth/login', { email: 7 })

    const { errors } = assertProblem(reply, 400, 'invalid_request')
    assert.deepEqual(
      errors.map(({ path }: { path: string[] }) => path),
      [['email'], ['password']],
    )
  })
})
