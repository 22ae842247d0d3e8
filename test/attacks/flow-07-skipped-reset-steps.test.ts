/** A-FLOW-07: a new password without the mailed code, with one of another step, or with the steps in another order. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments, memory } from '../support/engines.ts'
import { assertProblem, openGate, wrongCode } from '../support/gate.ts'

const newPassword = 'seven horses in the rain'

for (const engine of deployments) {
  describe(`A-FLOW-07: skipped steps of a reset, ${engine.name}`, { skip: engine.missing() }, () => {
    it('a reset without its session, or with another one, changes nothing', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      await gate.client().post('/auth/password/forgot', { email: ada.email })
      const otp = await gate.code(ada)
      const reset = { otp, newPassword }

      assertProblem(await gate.client().post('/auth/password/reset', reset), 401, 'session_missing')
      const pending = await gate.logIn(ada)
      assertProblem(await pending.post('/auth/password/reset', reset), 409, 'otp_not_pending')
      const loginCode = await gate.code(ada)
      const withLoginCode = { otp: loginCode, newPassword }
      assertProblem(await pending.post('/auth/password/reset', withLoginCode), 409, 'otp_not_pending')
      const verified = await gate.enter(ada)
      assertProblem(await verified.post('/auth/password/reset', reset), 409, 'otp_not_pending')
      const registering = gate.client()
      await registering.post('/auth/register', { email: 'nora@example.test', password: newPassword })
      assertProblem(await registering.post('/auth/password/reset', reset), 409, 'otp_not_pending')

      assertProblem(
        await gate.client().post('/auth/login', { email: ada.email, password: newPassword }),
        401,
        'invalid_credentials',
      )
      await gate.enter(ada)
    })

    it("a reset's session and its right code open nothing else", async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const client = gate.client()
      await client.post('/auth/password/forgot', { email: ada.email })
      const otp = await gate.code(ada)

      assertProblem(await client.post('/auth/verify-otp', { otp }), 409, 'otp_not_pending')
      assertProblem(
        await client.post('/auth/verify-otp', { otp, method: 'email', trustDevice: true }),
        409,
        'otp_not_pending',
      )
      assertProblem(await client.post('/auth/email/confirm', { otp }), 403, 'otp_required')
      assertProblem(await client.post('/auth/token'), 403, 'otp_required')
      assertProblem(
        await client.post('/auth/password/change', { currentPassword: ada.password, newPassword }),
        403,
        'otp_required',
      )
      // Nor after it: a reset logs nobody in (ASVS 6.4.3).
      assert.equal((await client.post('/auth/password/reset', { otp, newPassword })).status, 200)
      assert.equal((await client.get('/auth/session')).body.stage, 'anonymous')
      assertProblem(await client.post('/auth/token'), 401, 'session_missing')
    })

    it('"try another way": a login in between ends the reset, and its code with it', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
      const client = gate.client()
      await client.post('/auth/password/forgot', { email: ada.email })
      const otp = await gate.code(ada)
      const kept = client.clone()

      await gate.enter(eve, client)

      assertProblem(await client.post('/auth/password/reset', { otp, newPassword }), 409, 'otp_not_pending')
      assertProblem(await kept.post('/auth/password/reset', { otp, newPassword }), 401, 'session_ended')
      await gate.enter(ada)
    })
  })
}

describe('A-FLOW-07: the code of a reset', () => {
  it("of one account does nothing in the reset of another, and costs that one's try", async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
    const [hers, attackers] = [gate.client(), gate.client()]
    await hers.post('/auth/password/forgot', { email: ada.email })
    await attackers.post('/auth/password/forgot', { email: eve.email })
    const otp = await gate.code(eve)

    const named = { otp, newPassword, email: ada.email, accountId: ada.id, sub: ada.id }
    const refused = await hers.post('/auth/password/reset', named)
    if (refused.status !== 400) assert.equal(assertProblem(refused, 401, 'otp_invalid').attemptsLeft, 4)
    // And in its own session only its own account is meant, whatever the body names.
    const own = await attackers.post('/auth/password/reset', named)
    assert.ok(own.status === 200 || own.status === 400)
    await gate.enter(ada)
  })

  it('is not spent by a password that the policy refuses, and every refused password is', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const client = gate.client()
    await client.post('/auth/password/forgot', { email: ada.email })
    const otp = await gate.code(ada)

    for (let n = 0; n < 8; n++) {
      const reply = await client.post('/auth/password/reset', { otp, newPassword: 'password1' })
      assertProblem(reply, 422, 'password_rejected')
    }
    // No oracle either: a wrong code with such a password is told the same.
    const wrong = { otp: wrongCode(otp), newPassword: 'password1' }
    assertProblem(await client.post('/auth/password/reset', wrong), 422, 'password_rejected')

    assert.equal((await client.post('/auth/password/reset', { otp, newPassword })).status, 200)
    await gate.enter({ ...ada, password: newPassword })
  })

  it('costs a hash only where it is compared: a lock can not be waited out with a code that took longer', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const guesser = gate.client()
    await guesser.post('/auth/password/forgot', { email: ada.email })
    const right = await gate.code(ada)
    // Other sessions lock the address, within the life of that code.
    for (let session = 0; session < 2; session++) {
      const other = gate.client()
      await other.post('/auth/password/forgot', { email: ada.email })
      const otp = wrongCode(await gate.code(ada))
      for (let n = 0; n < 5; n++) await other.post('/auth/password/reset', { otp, newPassword })
    }
    const { passwords } = gate.sallyport().inside.gate
    let hashes = 0
    const counting = {
      ...passwords,
      hash: (password: string) => {
        hashes++
        return passwords.hash(password)
      },
    }
    Object.assign(gate.sallyport().inside.gate, { passwords: counting })

    for (const otp of [wrongCode(right), right]) {
      assertProblem(await guesser.post('/auth/password/reset', { otp, newPassword }), 429, 'otp_locked')
    }

    assert.equal(hashes, 0)
  })
})
