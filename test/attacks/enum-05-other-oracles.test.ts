/** A-ENUM-05: a change of address, limits, budgets and their header fields as oracles. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { purgeExpired } from '../../src/stores/stores.ts'
import { sourceOf } from '../support/asked-codes.ts'
import { deployments, memory } from '../support/engines.ts'
import { openGate, type TestGate } from '../support/gate.ts'
import type { Client, Response } from '../support/http-client.ts'
import { seenBy } from '../support/same-replies.ts'

/** What somebody with an account of their own can do to learn of another address. */
async function walk(gate: TestGate, eve: Client, newEmail: string): Promise<Response[]> {
  const replies = [await eve.post('/auth/email/change', { newEmail })]
  replies.push(await eve.get('/auth/session'))
  replies.push(await eve.post('/auth/otp/resend'))
  gate.clock.advance('31s')
  replies.push(await eve.post('/auth/otp/resend'))
  for (let n = 0; n < 6; n++) replies.push(await eve.post('/auth/email/confirm', { otp: `00000${n}` }))
  replies.push(await eve.post('/auth/email/change', { newEmail }))
  for (let n = 0; n < 6; n++) replies.push(await eve.post('/auth/email/confirm', { otp: `00000${n}` }))
  replies.push(await eve.post('/auth/token'))
  return replies
}

for (const engine of deployments) {
  describe(`A-ENUM-05: a change of address, ${engine.name}`, { skip: engine.missing() }, () => {
    for (const limits of ['off', 'on']) {
      it(`to a taken one answers as to a free one, limits ${limits}`, async (t) => {
        const seen: Record<string, unknown[]> = {}
        for (const kind of ['freee', 'taken', 'gonee']) {
          const gate = await openGate(t, { engine, quickPasswords: true, env: { RATE_LIMITS: limits } })
          const email = `${kind}@example.test`
          if (kind !== 'freee') {
            const account = await gate.makeAccount(email)
            if (kind === 'gonee') await gate.disable(account)
          }
          const own = await gate.makeAccount('eve@example.test')
          const eve = await gate.enter(own, gate.client({ localAddress: '127.0.0.77' }))
          const { body: session } = await eve.get('/auth/session')
          const masked = `${email[0]}••${email[4]}${email.slice(5)}`
          const replies = await walk(gate, eve, email)
          seen[kind] = replies.map(({ body, ...reply }) =>
            seenBy(
              { ...reply, body: { ...body, accessToken: '' } },
              email,
              masked,
              session.sessionId,
              own.id,
            ),
          )
          const codes = (await gate.mailsTo({ email })).filter((subject) => /\d{6}/.test(subject))
          assert.equal(codes.length > 0, kind === 'freee')
        }
        const { freee, ...others } = seen
        for (const [kind, replies] of Object.entries(others)) assert.deepEqual(replies, freee, kind)
      })
    }
  })
}

describe('A-ENUM-05: limits and budgets', () => {
  it('are spent alike by a known and an unknown address, in each of their header fields', async (t) => {
    const seen: unknown[][] = []
    for (const email of ['knownn@example.test', 'nobody@example.test']) {
      const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1' }
      const gate = await openGate(t, { engine: memory, quickPasswords: true, env })
      await gate.makeAccount('knownn@example.test')
      const replies: unknown[] = []
      for (let n = 0; n < 70; n++) {
        // Eight tries from each source, so that both the source's limit and the address's budget are met.
        const headers = { 'X-Forwarded-For': sourceOf(n >> 3) }
        const reply = await gate.client().post('/auth/login', { email, password: `guess ${n}` }, { headers })
        replies.push(seenBy(reply, email))
      }
      for (const path of ['/auth/password/forgot', '/auth/register']) {
        for (let n = 0; n < 35; n++) {
          const headers = { 'X-Forwarded-For': sourceOf(500) }
          const body = path.endsWith('register') ? { email, password: 'seven horses in the rain' } : { email }
          const reply = await gate.client().post(path, body, { headers })
          replies.push(seenBy(reply, email, `k••n@example.test`, `n••y@example.test`))
        }
      }
      seen.push(replies)
    }
    assert.deepEqual(seen[0], seen[1])
  })

  it('are forgotten alike too: time tells nothing that the answer did not', async (t) => {
    const seen: string[][] = []
    for (const email of ['known@example.test', 'nobody@example.test']) {
      const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1' }
      const gate = await openGate(t, { engine: memory, quickPasswords: true, env })
      await gate.makeAccount('known@example.test')
      const { stores } = gate.sallyport().inside.gate
      const answers: string[] = []
      let source = 0
      const guess = async () => {
        const headers = { 'X-Forwarded-For': sourceOf(source++) }
        const reply = await gate.client().post('/auth/login', { email, password: 'x' }, { headers })
        answers.push(`${reply.status} ${reply.body.code} ${reply.headers['retry-after'] ?? ''}`)
      }
      for (let n = 0; n < 55; n++) await guess()
      for (const pause of ['3d', '10d', '25d', '40d', '400d'] as const) {
        gate.clock.advance(pause)
        await purgeExpired(stores, gate.clock.now())
        for (let n = 0; n < 3; n++) await guess()
      }
      seen.push(answers)
    }
    assert.deepEqual(seen[0], seen[1])
  })
})
