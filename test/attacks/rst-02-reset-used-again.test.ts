/** A-RST-02: a reset that was used, an older one after a newer one, and one from before a change of password or address. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const newPassword = 'seven horses in the rain'
const thirdPassword = 'eleven boats on the lake'

async function forgot(gate: TestGate, { email }: TestAccount): Promise<{ client: Client; otp: string }> {
  const client = gate.client()
  assert.equal((await client.post('/auth/password/forgot', { email })).status, 200)
  return { client, otp: await gate.code({ email }) }
}

for (const engine of deployments) {
  describe(`A-RST-02: a reset used again, ${engine.name}`, { skip: engine.missing() }, () => {
    it('does nothing the second time, with its old cookie or a kept one', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const { client, otp } = await forgot(gate, ada)
      const kept = client.clone()

      assert.equal((await client.post('/auth/password/reset', { otp, newPassword })).status, 200)

      const again = { otp, newPassword: thirdPassword }
      assertProblem(await client.post('/auth/password/reset', again), 401, 'session_missing')
      assertProblem(await kept.post('/auth/password/reset', again), 401, 'session_ended')
      const { client: other } = await forgot(gate, ada)
      assertProblem(await other.post('/auth/password/reset', again), 401, 'otp_invalid')
      await gate.enter({ ...ada, password: newPassword })
    })

    it('is over in the same browser once a newer one was asked for', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const { client, otp } = await forgot(gate, ada)
      const older = client.clone()
      await client.post('/auth/password/forgot', { email: ada.email })

      assertProblem(await older.post('/auth/password/reset', { otp, newPassword }), 401, 'session_ended')
      assertProblem(await client.post('/auth/password/reset', { otp, newPassword }), 401, 'otp_invalid')
      const newer = { otp: await gate.code(ada), newPassword }
      assert.equal((await client.post('/auth/password/reset', newer)).status, 200)
    })

    it('is over in every browser once another one was used', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const older = await forgot(gate, ada)
      const newer = await forgot(gate, ada)

      const used = await newer.client.post('/auth/password/reset', { otp: newer.otp, newPassword })
      assert.equal(used.status, 200)

      const late = await older.client.post('/auth/password/reset', {
        otp: older.otp,
        newPassword: thirdPassword,
      })
      assert.equal(late.status, 401)
      await gate.enter({ ...ada, password: newPassword })
    })

    it('is over after a change of the password', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const owner = await gate.enter(ada)
      const { client, otp } = await forgot(gate, ada)
      const change = { currentPassword: ada.password, newPassword }
      assert.equal((await owner.post('/auth/password/change', change)).status, 200)

      const late = await client.post('/auth/password/reset', { otp, newPassword: thirdPassword })

      assert.equal(late.status, 401)
      await gate.enter({ ...ada, password: newPassword })
    })

    it('is over after a change of the address, and after its undoing', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const owner = await gate.enter(ada)
      const { client, otp } = await forgot(gate, ada)
      const moved = { ...ada, email: 'moved@example.test' }
      await owner.post('/auth/email/change', { newEmail: moved.email })
      const confirmed = await owner.post('/auth/email/confirm', { otp: await gate.code(moved) })
      assert.equal(confirmed.status, 200)

      const late = await client.post('/auth/password/reset', { otp, newPassword })
      assert.equal(late.status, 401)
      await gate.enter(moved)
      // The old address has no account any more, as far as a reset can tell.
      const before = (await gate.mailsTo(ada)).length
      assert.equal((await gate.client().post('/auth/password/forgot', { email: ada.email })).status, 200)
      assert.equal((await gate.mailsTo(ada)).length, before)
    })

    it('is over after ten minutes, whatever happened to the server meanwhile', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const { client, otp } = await forgot(gate, ada)
      gate.clock.advance('10m')
      await gate.restart()

      assertProblem(await client.post('/auth/password/reset', { otp, newPassword }), 401, 'otp_expired')
      await gate.enter(ada)
    })
  })
}
