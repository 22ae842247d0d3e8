/** POST /auth/password/forgot: the same answer for every address, and a mail only to those with an account. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

const resetSubject = /^\d{6} resets your Sallyport password$/

for (const engine of deployments) {
  describe(`forgot the password, ${engine.name}`, { skip: engine.missing() }, () => {
    it('mails a code to the owner, and opens a session that waits for it', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = gate.client()

      const reply = await client.post('/auth/password/forgot', { email: 'Ada@Example.test' })

      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      const { sessionId, ...rest } = reply.body
      assert.match(sessionId, /^ses_[\w-]{22}$/)
      assert.deepEqual(rest, {
        message: 'OTP sent',
        next: 'password/reset',
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
      const [subject, ...more] = await gate.mailsTo(ada)
      assert.match(subject ?? '', resetSubject)
      assert.deepEqual(more, [])
      assert.deepEqual((await client.get('/auth/session')).body, {
        stage: 'otp_pending',
        sessionId,
        expiresAt: '2026-01-01T00:20:00.000Z',
      })
    })

    it('gives an unknown and a disabled address the same answer, and no mail', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const eve = await gate.makeAccount('eve@example.test')
      await gate.disable(eve)
      const nobody = { email: 'ivy@example.test' }

      const answers = []
      for (const { email } of [ada, eve, nobody]) {
        const client = gate.client()
        const { status, body, headers } = await client.post('/auth/password/forgot', { email })
        const { stage } = (await client.get('/auth/session')).body
        const { sessionId: _, ...rest } = { ...body, otp: { ...body.otp, destination: '' } }
        answers.push({ status, rest, stage, headers: Object.keys(headers) })
      }

      assert.deepEqual(answers[1], answers[0])
      assert.deepEqual(answers[2], answers[0])
      assert.equal((await gate.mailsTo(ada)).length, 1)
      assert.deepEqual(await gate.mailsTo(eve), [])
      assert.deepEqual(await gate.mailsTo(nobody), [])
    })

    it('sends the same code again, and still nothing to an unknown address', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const nobody = { email: 'ivy@example.test' }
      const [client, stranger] = [gate.client(), gate.client()]
      await client.post('/auth/password/forgot', ada)
      await stranger.post('/auth/password/forgot', nobody)
      const code = await gate.code(ada)
      assertProblem(await client.post('/auth/otp/resend'), 429, 'otp_resend_too_soon')
      gate.clock.advance('31s')

      const replies = [await client.post('/auth/otp/resend'), await stranger.post('/auth/otp/resend')]

      for (const [index, destination] of ['a••a@example.test', 'i••y@example.test'].entries()) {
        assert.deepEqual(
          [replies[index]?.status, replies[index]?.body],
          [
            200,
            {
              message: 'OTP sent',
              otp: {
                channel: 'email',
                destination,
                length: 6,
                expiresIn: 569,
                resendIn: 30,
                attemptsLeft: 5,
              },
            },
          ],
        )
      }
      assert.equal(await gate.code(ada), code)
      assert.equal((await gate.mailsTo(ada)).length, 2)
      assert.deepEqual(await gate.mailsTo(nobody), [])
    })
  })
}

describe('forgot the password', () => {
  it('changes nothing by itself: password, sessions and tokens stay as they are', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const bearer = await gate.accessToken(client)

    await gate.client().post('/auth/password/forgot', { email: ada.email })

    assert.equal((await client.get('/auth/protected', { bearer })).status, 200)
    assert.equal((await client.post('/auth/token')).status, 200)
    await gate.enter(ada)
  })

  it('takes the place of the session that the browser had', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const before = client.clone()

    await client.post('/auth/password/forgot', { email: ada.email })

    assert.equal((await client.get('/auth/session')).body.stage, 'otp_pending')
    assert.equal(assertProblem(await before.post('/auth/token'), 401, 'session_ended').reason, 'replaced')
  })

  it('opens nothing while it waits', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = gate.client()
    await client.post('/auth/password/forgot', { email: ada.email })

    assertProblem(await client.post('/auth/token'), 403, 'otp_required')
    assertProblem(await client.get('/auth/sessions'), 403, 'otp_required')
    assertProblem(await client.get('/auth/account/export'), 403, 'otp_required')
    assertProblem(await client.delete('/auth/account'), 403, 'otp_required')
  })

  it('refuses what is no address', async (t) => {
    const gate = await openGate(t)

    for (const email of ['ada', 'ada@', '"ada"@example.test', 'ada@example.test, eve@example.test']) {
      const reply = await gate.client().post('/auth/password/forgot', { email })
      assert.deepEqual(assertProblem(reply, 400, 'invalid_request').errors, [
        {
          path: ['email'],
          message: 'must be an address such as name@example.org, in ASCII without quotes or comments',
        },
      ])
    }
    assertProblem(await gate.client().post('/auth/password/forgot', {}), 400, 'invalid_request')
  })
})
