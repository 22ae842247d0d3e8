/**
 * F-CLOCK-01: the clock is set back, or two servers differ. By a minute nobody notices; by more, what was verified is not recent
 * again, and what says that it was made in the future opens nothing until then.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { invite } from '../../src/flow/accounts.ts'
import { canonicalEmail, type Email } from '../../src/utils/email.ts'
import { engines } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const minuteMs = 60_000
const password = 'seven horses in the rain'

for (const engine of engines) {
  describe(`the clock is set back, ${engine.name}`, { skip: engine.missing() }, () => {
    it('a verification that was too old does not become recent', async (t) => {
      const gate = await openGate(t, { engine, env: { STEP_UP_TTL: '10m' } })
      const client = await gate.enter(await gate.makeAccount())
      gate.clock.advance(10 * minuteMs)
      assert.equal((await exportOf(client)).status, 200)
      gate.clock.advance(1)
      assertProblem(await exportOf(client), 403, 'reauth_required')

      gate.clock.advance(-60 * minuteMs)

      for (const [path, act] of sensitiveActs(client)) {
        assert.equal(assertProblem(await act(), 403, 'reauth_required').cause, 'code_too_old', path)
      }
      await client.post('/auth/step-up')
      const otp = await gate.code({ email: 'ada@example.test' })
      assert.equal((await client.post('/auth/verify-otp', { otp })).status, 200)
      assert.equal((await exportOf(client)).status, 200)
    })

    it('a verification is recent from a minute before it', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())

      gate.clock.advance(-minuteMs)
      assert.equal((await exportOf(client)).status, 200)
      gate.clock.advance(-1)
      assertProblem(await exportOf(client), 403, 'reauth_required')
    })

    it('a trusted device is trusted from a minute before it was', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enterTrusted(ada)

      gate.clock.advance(-minuteMs - 1)
      assert.equal((await client.clone().post('/auth/login', ada)).body.next, 'verify-otp')
      gate.clock.advance(1)
      assert.equal((await client.post('/auth/login', ada)).body.next, 'token')
    })

    it('an invitation is taken from a minute before it was written', async (t) => {
      const gate = await openGate(t, { engine, env: { REGISTRATION: 'invite' } })
      const nora = { email: 'nora@example.test' }
      await inviteTo(gate, nora.email)
      const invitation = await gate.longCode(nora)
      const register = () => gate.client().post('/auth/register', { ...nora, password, invitation })

      gate.clock.advance(-minuteMs - 1)
      assertProblem(await register(), 401, 'mailed_code_invalid')
      gate.clock.advance(1)
      assert.equal((await register()).status, 200)
    })

    it('a change of address is undone from a minute before it', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const newEmail = 'ada@elsewhere.test'
      await client.post('/auth/email/change', { newEmail })
      const confirmation = { otp: await gate.code({ email: newEmail }) }
      assert.equal((await client.post('/auth/email/confirm', confirmation)).status, 200)
      const code = await gate.longCode(ada)

      gate.clock.advance(-minuteMs - 1)
      assertProblem(await gate.client().post('/auth/email/undo', { code }), 401, 'mailed_code_invalid')
      gate.clock.advance(1)
      assert.equal((await gate.client().post('/auth/email/undo', { code })).status, 200)
      await gate.enter(ada)
    })
  })
}

function exportOf(client: Client) {
  return client.get('/auth/account/export')
}

function sensitiveActs(client: Client) {
  return [
    ['export', () => exportOf(client)],
    ['email', () => client.post('/auth/email/change', { newEmail: 'ada@elsewhere.test' })],
    ['deletion', () => client.delete('/auth/account')],
  ] as const
}

async function inviteTo(gate: TestGate, email: string): Promise<void> {
  const { gate: desk, mail } = gate.sallyport().inside
  assert.ok(await invite(desk, canonicalEmail(email) as Email))
  mail.wake()
}
