/** A-ENUM-03: the registration tells nobody which addresses have an account. (Its time is measured in bench/, not here.) */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments, memory } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'
import type { Response } from '../support/http-client.ts'
import { seenBy } from '../support/same-replies.ts'

const password = 'seven horses in the rain'

/** An address of each kind, all of one length. */
async function addresses(gate: TestGate): Promise<Record<string, string>> {
  const taken = await gate.makeAccount('taken@example.test')
  const gone = await gate.makeAccount('gonee@example.test')
  await gate.disable(gone)
  // Given up by its owner, who may still take it back.
  const moved = await gate.makeAccount('moved@example.test')
  const client = await gate.enter(moved)
  await client.post('/auth/email/change', { newEmail: 'other@example.test' })
  const otp = await gate.code({ email: 'other@example.test' })
  assert.equal((await client.post('/auth/email/confirm', { otp })).status, 200)
  return { free: 'freee@example.test', taken: taken.email, disabled: gone.email, reserved: moved.email }
}

/** All that a stranger can do with a registration whose mails they can't read. */
async function walk(gate: TestGate, email: string): Promise<Response[]> {
  const client = gate.client({ localAddress: '127.0.0.77' })
  const replies = [await client.post('/auth/register', { email, password })]
  replies.push(await client.get('/auth/session'))
  replies.push(await client.post('/auth/otp/resend'))
  gate.clock.advance('31s')
  replies.push(await client.post('/auth/otp/resend'))
  for (let n = 0; n < 6; n++) replies.push(await client.post('/auth/verify-otp', { otp: `00000${n}` }))
  gate.clock.advance('31s')
  replies.push(await client.post('/auth/otp/resend'))
  replies.push(await client.post('/auth/register', { email: email.toUpperCase(), password }))
  for (let n = 0; n < 6; n++) replies.push(await client.post('/auth/verify-otp', { otp: `00000${n}` }))
  replies.push(await client.post('/auth/login', { email, password: 'not the password' }))
  replies.push(await client.post('/auth/token'))
  replies.push(await client.post('/auth/logout'))
  return replies
}

for (const engine of deployments) {
  describe(`A-ENUM-03: the registration, ${engine.name}`, { skip: engine.missing() }, () => {
    for (const limits of ['off', 'on']) {
      it(`answers for every kind of address alike, to the lock and beyond, limits ${limits}`, async (t) => {
        const seen: Record<string, unknown[]> = {}
        for (const kind of ['free', 'taken', 'disabled', 'reserved']) {
          // A gate for each: nothing that one leaves behind shows in the limits of the next.
          const gate = await openGate(t, { engine, quickPasswords: true, env: { RATE_LIMITS: limits } })
          const email = (await addresses(gate))[kind] as string
          const masked = `${email[0]}••${email[4]}${email.slice(5)}`
          const replies = await walk(gate, email)
          seen[kind] = replies.map((reply) => seenBy(reply, email, masked))
          assert.equal(replies.filter(({ body }) => body.code === 'otp_locked').length > 0, true)
        }
        const { free, ...others } = seen
        for (const [kind, replies] of Object.entries(others)) assert.deepEqual(replies, free, kind)
      })
    }
  })
}

describe('A-ENUM-03: the mailbox', () => {
  it('of a taken address gets one notice without a code; a free one gets the code', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const { free = '', taken = '', disabled = '', reserved = '' } = await addresses(gate)
    for (const email of [free, taken, disabled, reserved]) {
      const before = (await gate.mailsTo({ email })).length
      const client = gate.client()
      await client.post('/auth/register', { email, password })
      gate.clock.advance('31s')
      await client.post('/auth/otp/resend')
      const subjects = (await gate.mailsTo({ email })).slice(before)
      const codes = subjects.filter((subject) => /\d{6}/.test(subject))
      assert.deepEqual([codes.length, subjects.length], email === free ? [2, 2] : [0, 1], email)
    }
    // Nothing happened to any of them.
    await gate.enter({ id: '', email: taken, password: `the password of ${taken}` })
    await gate.enter({ id: '', email: 'other@example.test', password: `the password of ${reserved}` })
  })

  it('of a taken address has no code that anybody could try', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const client = gate.client()
    const { body } = await client.post('/auth/register', { email: ada.email, password })
    const { inside } = gate.sallyport()
    const session = await inside.gate.stores.read.sessions.find(body.sessionId)
    // Even the code that is derived from this challenge, which no mail ever carried.
    const otp = inside.gate.emailOtp.codeOf(session?.challengeId ?? '')

    assertProblem(await client.post('/auth/verify-otp', { otp }), 401, 'otp_invalid')
    await gate.enter(ada)
  })
})
