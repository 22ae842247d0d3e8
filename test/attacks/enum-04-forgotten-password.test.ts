/** A-ENUM-04: the reset tells nobody which addresses have an account. (Its time is measured in bench/, not here.) */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments, memory } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'
import type { Response } from '../support/http-client.ts'
import { seenBy } from '../support/same-replies.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

const newPassword = 'seven horses in the rain'

async function walk(gate: TestGate, email: string): Promise<Response[]> {
  const client = gate.client({ localAddress: '127.0.0.77' })
  const replies: Response[] = []
  // Two sessions of five tries: the second one ends in the lock of the address.
  for (let session = 0; session < 2; session++) {
    replies.push(await client.post('/auth/password/forgot', { email }))
    replies.push(await client.get('/auth/session'))
    replies.push(await client.post('/auth/otp/resend'))
    gate.clock.advance('31s')
    replies.push(await client.post('/auth/otp/resend'))
    replies.push(await client.post('/auth/password/reset', { otp: '000000', newPassword: 'password1' }))
    for (let n = 0; n < 6; n++) {
      replies.push(await client.post('/auth/password/reset', { otp: `00000${n}`, newPassword }))
    }
  }
  gate.clock.advance('31s')
  replies.push(await client.post('/auth/otp/resend'))
  replies.push(await client.post('/auth/logout'))
  return replies
}

for (const engine of deployments) {
  describe(`A-ENUM-04: the reset, ${engine.name}`, { skip: engine.missing() }, () => {
    for (const limits of ['off', 'on']) {
      it(`answers for every kind of address alike, to the lock and beyond, limits ${limits}`, async (t) => {
        const seen: Record<string, unknown[]> = {}
        for (const kind of ['known', 'nobod', 'gonee']) {
          const gate = await openGate(t, { engine, quickPasswords: true, env: { RATE_LIMITS: limits } })
          const email = `${kind}@example.test`
          if (kind !== 'nobod') {
            const account = await gate.makeAccount(email)
            if (kind === 'gonee') await gate.disable(account)
          }
          const replies = await walk(gate, email)
          const masked = `${email[0]}••${email[4]}${email.slice(5)}`
          seen[kind] = replies.map((reply) => seenBy(reply, email, masked))
          assert.equal(replies.filter(({ body }) => body.code === 'otp_locked').length > 0, true)
          const mails = await gate.mailsTo({ email })
          const codes = mails.filter((subject) => /\d{6}/.test(subject))
          assert.equal(codes.length > 0, kind === 'known', mails.join())
          if (kind === 'nobod') assert.deepEqual(mails, [])
        }
        const { known, ...others } = seen
        for (const [kind, replies] of Object.entries(others)) assert.deepEqual(replies, known, kind)
      })
    }
  })
}

describe('A-ENUM-04: a reset', () => {
  it('of an unknown address has no code that anybody could try', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const gone = await gate.makeAccount('gone@example.test')
    await gate.disable(gone)
    const { gate: inner } = gate.sallyport().inside
    for (const email of ['nobody@example.test', gone.email]) {
      const client = gate.client()
      const { body } = await client.post('/auth/password/forgot', { email })
      const session = await inner.stores.read.sessions.find(body.sessionId)
      const otp = inner.emailOtp.codeOf(session?.challengeId ?? '')
      assertProblem(await client.post('/auth/password/reset', { otp, newPassword }), 401, 'otp_invalid')
    }
    // Not even once the address has an account: it wasn't meant then.
    const client = gate.client()
    const { body } = await client.post('/auth/password/forgot', { email: 'later@example.test' })
    const later = await gate.makeAccount('later@example.test')
    const session = await inner.stores.read.sessions.find(body.sessionId)
    const otp = inner.emailOtp.codeOf(session?.challengeId ?? '')
    assertProblem(await client.post('/auth/password/reset', { otp, newPassword }), 401, 'otp_invalid')
    await gate.enter(later)
  })

  it('waits for no mail server: each answer comes while SMTP takes two seconds', async (t) => {
    const sink = await startSmtpSink()
    t.after(sink.close)
    const slow = Array.from({ length: 20 }, () => ({ at: 'connect' as const, delayMs: 2_000 }))
    const gate = await openGate(t, {
      engine: memory,
      mode: 'production',
      env: { SMTP_URL: sink.url },
      quickPasswords: true,
    })
    await gate.makeAccount()
    sink.script(slow)
    for (const email of ['ada@example.test', 'nobody@example.test']) {
      for (let n = 0; n < 5; n++) {
        const began = performance.now()
        assert.equal((await gate.client().post('/auth/password/forgot', { email })).status, 200)
        assert.ok(performance.now() - began < 1_000, `${email}: ${performance.now() - began} ms`)
      }
    }
  })
})
