/** A-CSRF-04: the victim's browser is logged in as the attacker. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-CSRF-04: login from another site', () => {
  it('is refused at the first and at the second door, and sets no cookie', async (t) => {
    const gate = await openGate(t)
    const eve = await gate.makeAccount('eve@example.test')
    const victim = gate.client()
    const headers = { Origin: 'https://evil.test' }
    const credentials = { email: eve.email, password: eve.password }

    const login = await victim.post('/auth/login', credentials, { headers })
    assertProblem(login, 403, 'cross_site_request')
    assert.deepEqual(login.setCookies, [])
    assert.deepEqual(await gate.mailsTo(eve), [])

    await gate.logIn(eve, victim)
    const otp = await gate.code(eve)
    assertProblem(await victim.post('/auth/verify-otp', { otp }, { headers }), 403, 'cross_site_request')
    assert.equal((await victim.get('/auth/session')).body.stage, 'otp_pending')
    // The refused one was not counted as a try.
    gate.clock.advance('1m')
    assert.equal((await victim.post('/auth/otp/resend')).body.otp.attemptsLeft, 5)
  })
})
