/** POST /auth/register: the account begins with the code of its mailbox. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, wrongCode } from '../support/gate.ts'

const password = 'seven horses in the rain'

for (const engine of deployments) {
  describe(`register, ${engine.name}`, { skip: engine.missing() }, () => {
    it('opens an account with the code of its mailbox', async (t) => {
      const gate = await openGate(t, { engine })
      const client = gate.client()

      const asked = await client.post('/auth/register', { email: 'Nora@Example.test', password })

      assert.equal(asked.status, 200, JSON.stringify(asked.body))
      const { sessionId, ...rest } = asked.body
      assert.match(sessionId, /^ses_[\w-]{22}$/)
      assert.deepEqual(rest, {
        message: 'OTP sent',
        next: 'verify-otp',
        methods: ['email'],
        otp: {
          channel: 'email',
          destination: 'n••a@example.test',
          length: 6,
          expiresIn: 600,
          resendIn: 30,
          attemptsLeft: 5,
        },
      })
      const nora = { email: 'nora@example.test', password, id: '' }
      assertProblem(await gate.client().post('/auth/login', nora), 401, 'invalid_credentials')
      const pending = await client.get('/auth/session')
      assert.equal(pending.body.stage, 'otp_pending')
      assert.equal(pending.body.user, undefined)

      const verified = await gate.verify(nora, client)

      assert.deepEqual(
        [verified.status, verified.body],
        [200, { message: 'OTP verified successfully', next: 'token' }],
      )
      const token = await gate.accessToken(client)
      const me = await client.get('/auth/protected', { headers: { Authorization: `Bearer ${token}` } })
      assert.equal(me.body.user.email, 'nora@example.test')
      await gate.enter(nora)
    })

    it('counts wrong codes, sends the same one again, and lets nobody in without it', async (t) => {
      const gate = await openGate(t, { engine })
      const client = gate.client()
      const nora = { email: 'nora@example.test', password, id: '' }
      await client.post('/auth/register', nora)
      const code = await gate.code(nora)

      assert.equal((await client.post('/auth/verify-otp', { otp: wrongCode(code) })).body.attemptsLeft, 4)
      assertProblem(await client.post('/auth/token'), 403, 'otp_required')
      gate.clock.advance(31_000)
      assert.equal((await client.post('/auth/otp/resend')).status, 200)
      assert.equal(await gate.code(nora), code)
      assert.equal((await gate.mailsTo(nora)).length, 2)
      assert.equal((await gate.verify(nora, client)).status, 200)
    })

    it('answers for a taken address as for a free one, and tells its owner', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const [taken, free] = [gate.client(), gate.client()]

      const replies = [
        await taken.post('/auth/register', { email: ada.email, password }),
        await free.post('/auth/register', { email: 'nora@example.test', password }),
      ]

      assert.deepEqual(
        replies.map(({ status, body }) => [
          status,
          body.message,
          body.next,
          { ...body.otp, destination: '' },
        ]),
        Array(2).fill([
          200,
          'OTP sent',
          'verify-otp',
          { channel: 'email', destination: '', length: 6, expiresIn: 600, resendIn: 30, attemptsLeft: 5 },
        ]),
      )
      const [notice, ...more] = await gate.mailsTo(ada)
      assert.match(notice ?? '', /account/)
      assert.doesNotMatch(notice ?? '', /\d{6}/)
      assert.deepEqual(more, [])
      for (let attemptsLeft = 4; attemptsLeft >= 0; attemptsLeft--) {
        const refused = await taken.post('/auth/verify-otp', { otp: '123456' })
        assert.equal(assertProblem(refused, 401, 'otp_invalid').attemptsLeft, attemptsLeft)
      }
      assertProblem(await taken.post('/auth/verify-otp', { otp: '123456' }), 401, 'otp_attempts_exhausted')
      await gate.enter(ada)
    })

    it('lets the last one who proves the mailbox decide the password', async (t) => {
      const gate = await openGate(t, { engine })
      const email = 'nora@example.test'
      const [first, last] = [gate.client(), gate.client()]
      await first.post('/auth/register', { email, password })
      const firstCode = await gate.code({ email })
      await last.post('/auth/register', { email, password: 'another one with some words' })
      const lastCode = await gate.code({ email })

      assert.equal((await first.post('/auth/verify-otp', { otp: firstCode })).status, 200)
      assert.equal((await last.post('/auth/verify-otp', { otp: lastCode })).status, 200)

      assert.equal(
        assertProblem(await first.post('/auth/token'), 401, 'session_ended').reason,
        'password_changed',
      )
      assertProblem(await gate.client().post('/auth/login', { email, password }), 401, 'invalid_credentials')
      await gate.enter({ id: '', email, password: 'another one with some words' })
    })
  })
}
