/** A-RST-07, as far as logins go: whoever has a password can't fill its owner's mailbox, and nobody else can lock them out. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-RST-07: a flood of logins with the right password', () => {
  it('sends a hundred codes in an hour at most', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' }, quickPasswords: true })
    const ada = await gate.makeAccount()
    for (let login = 0; login < 100; login++) await gate.logIn(ada, gate.client())

    const reply = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })
    assertProblem(reply, 429, 'rate_limited')
    assert.equal(reply.headers['retry-after'], '600')
    assert.equal((await gate.mailsTo(ada)).length, 100)

    gate.clock.advance('61m')
    await gate.enter(ada)
  })
})
