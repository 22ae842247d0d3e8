/** A-SESS-03: the victim, with the attacker's pending session in the browser, types the code of her own mail. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-SESS-03: the victim completes the attacker’s login', () => {
  it('her code is not taken there', async (t) => {
    const gate = await openGate(t)
    const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
    const attacker = await gate.logIn(eve)
    const victim = attacker.clone()
    const own = await gate.logIn(ada)
    const otp = await gate.code(ada)

    assertProblem(await victim.post('/auth/verify-otp', { otp }), 401, 'otp_invalid')

    assertProblem(await attacker.post('/auth/token'), 403, 'otp_required')
    assert.equal((await own.post('/auth/verify-otp', { otp })).status, 200)
  })

  it('nor is the code of her own other login', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const attacker = await gate.logIn(ada)
    const victim = await gate.logIn(ada)

    // The newest code is that of the victim's login.
    assertProblem(await gate.verify(ada, attacker), 401, 'otp_invalid')
    assert.equal((await gate.verify(ada, victim)).status, 200)
    assertProblem(await attacker.post('/auth/token'), 403, 'otp_required')
  })
})
