/** A-RST-06: the attacker is there first, with the victim's address, and waits for the victim to come. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'

const email = 'victim@example.test'
const attackers = 'eleven boats on the lake'
const victims = 'seven horses in the rain'

async function assertOnlyVictims(gate: TestGate): Promise<void> {
  const login = await gate.client().post('/auth/login', { email, password: attackers })
  assertProblem(login, 401, 'invalid_credentials')
  await gate.enter({ id: '', email, password: victims })
}

for (const engine of deployments) {
  describe(`A-RST-06: an account that was prepared for its victim, ${engine.name}`, {
    skip: engine.missing(),
  }, () => {
    it('does not exist until the mailbox was proved, so its password opens nothing', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const attacker = gate.client()
      await attacker.post('/auth/register', { email, password: attackers })
      const victim = gate.client()
      await victim.post('/auth/register', { email, password: victims })

      assert.equal((await gate.verify({ id: '', email, password: victims }, victim)).status, 200)

      await assertOnlyVictims(gate)
      assertProblem(await attacker.post('/auth/token'), 403, 'otp_required')
    })

    it("the victim's code is no code of the attacker's session, nor the other way round", async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const attacker = gate.client()
      await attacker.post('/auth/register', { email, password: attackers })
      const sentForAttacker = await gate.code({ email })
      const victim = gate.client()
      await victim.post('/auth/register', { email, password: victims })
      const sentForVictim = await gate.code({ email })

      const otherWayRound = await victim.post('/auth/verify-otp', { otp: sentForAttacker })
      assertProblem(otherWayRound, 401, 'otp_invalid')
      assertProblem(await attacker.post('/auth/verify-otp', { otp: sentForVictim }), 401, 'otp_invalid')
      assert.equal((await victim.post('/auth/verify-otp', { otp: sentForVictim })).status, 200)
      await assertOnlyVictims(gate)
    })

    it('an older registration takes no account over that came in another way', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const attacker = gate.client()
      await attacker.post('/auth/register', { email, password: attackers })
      // Even with the code: the victim was talked out of it.
      const otp = await gate.code({ email })
      gate.clock.advance('1m')
      const account = await gate.makeAccount(email, victims)
      gate.clock.advance('1m')
      const owner = await gate.enter(account)

      const late = await attacker.post('/auth/verify-otp', { otp })

      assertProblem(late, 401, 'session_ended')
      assertProblem(await attacker.post('/auth/token'), 401, 'session_ended')
      await assertOnlyVictims(gate)
      assert.equal((await owner.post('/auth/token')).status, 200)
    })

    it('nor one that its owner moved to the address', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const account = await gate.makeAccount('before@example.test', victims)
      gate.clock.advance('1m')
      const attacker = gate.client()
      await attacker.post('/auth/register', { email, password: attackers })
      const otp = await gate.code({ email })
      const owner = await gate.enter(account)
      await owner.post('/auth/email/change', { newEmail: email })
      const moved = await owner.post('/auth/email/confirm', { otp: await gate.code({ email }) })
      assert.equal(moved.status, 200)

      assert.notEqual((await attacker.post('/auth/verify-otp', { otp })).status, 200)

      await assertOnlyVictims(gate)
      assert.equal((await owner.post('/auth/token')).status, 200)
    })

    it('a reset throws out whoever had proved the mailbox once: sessions, devices, tokens, password', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const attacker = gate.client()
      await attacker.post('/auth/register', { email, password: attackers })
      const first = { otp: await gate.code({ email }), trustDevice: true }
      assert.equal((await attacker.post('/auth/verify-otp', first)).status, 200)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(attacker)
      const moving = attacker.clone()
      await moving.post('/auth/email/change', { newEmail: 'attacker@example.test' })
      const moveCode = await gate.code({ email: 'attacker@example.test' })

      // The victim comes: the address is taken, so a notice; then a reset.
      const victim = gate.client()
      await victim.post('/auth/register', { email, password: victims })
      assert.match((await gate.mailsTo({ email })).at(-1) ?? '', /already have/)
      await victim.post('/auth/password/forgot', { email })
      const reset = { otp: await gate.code({ email }), newPassword: victims }
      assert.equal((await victim.post('/auth/password/reset', reset)).status, 200)

      assertProblem(await attacker.post('/auth/token'), 401, 'session_ended')
      assertProblem(await moving.post('/auth/email/confirm', { otp: moveCode }), 401, 'session_ended')
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      await assertOnlyVictims(gate)
      const login = await attacker.post('/auth/login', { email, password: victims })
      assert.equal(login.body.next, 'verify-otp')
    })

    it('an account of its own that waits for the address gets nothing by waiting', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const own = await gate.makeAccount('attacker@example.test')
      const attacker = await gate.enter(own)
      await attacker.post('/auth/email/change', { newEmail: email })
      const otp = await gate.code({ email })
      const victim = gate.client()
      await victim.post('/auth/register', { email, password: victims })
      assert.equal((await gate.verify({ id: '', email, password: victims }, victim)).status, 200)

      // Even with the code from the victim's mailbox.
      assertProblem(await attacker.post('/auth/email/confirm', { otp }), 409, 'email_taken')
      await assertOnlyVictims(gate)
      await gate.enter(own)
    })
  })
}
