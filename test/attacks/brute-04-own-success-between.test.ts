/** A-BRUTE-04: the attacker's own logins in between, to reset what is counted of the victim. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

describe('A-BRUTE-04: own successes between guesses', () => {
  it('reset nothing of the victim', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' }, quickPasswords: true })
    const [ada, eve] = [await gate.makeAccount(), await gate.makeAccount('eve@example.test')]
    const answers: string[] = []

    for (let n = 0; n < 12; n++) {
      await gate.enter(eve)
      const guess = { email: ada.email, password: `guess ${n}` }
      answers.push((await gate.client().post('/auth/login', guess)).body.code)
    }

    assert.deepEqual(answers, [...Array(10).fill('invalid_credentials'), ...Array(2).fill('rate_limited')])
  })
})
