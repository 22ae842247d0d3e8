/** A-BRUTE-02, as far as limits exist: one account, guessed at from each source. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

const env = { RATE_LIMITS: 'on' }

for (const engine of deployments) {
  describe(`A-BRUTE-02: guessing one password, ${engine.name}`, { skip: engine.missing() }, () => {
    it('a source has ten failures for one address, in any spelling; then not even the right one', async (t) => {
      const gate = await openGate(t, { engine, env, quickPasswords: true })
      const ada = await gate.makeAccount('ada@example.test')
      const source = gate.client({ localAddress: '127.0.0.66' })
      const spellings = ['ada@example.test', 'ADA@example.test', 'Ada@Example.Test']
      const answers: string[] = []

      for (let n = 0; n < 15; n++) {
        const email = spellings[n % 3]
        answers.push((await source.post('/auth/login', { email, password: `guess ${n}` })).body.code)
      }

      assert.deepEqual(answers, [...Array(10).fill('invalid_credentials'), ...Array(5).fill('rate_limited')])
      const right = await source.post('/auth/login', { email: ada.email, password: ada.password })
      assertProblem(right, 429, 'rate_limited')
      assert.equal(right.headers['ratelimit-policy'], '"login-account";q=10;w=900')
      // Nobody is locked out by a stranger (A-LOCK-01).
      await gate.enter(ada)
    })

    it('an unknown address has the same limit', async (t) => {
      const gate = await openGate(t, { engine, env, quickPasswords: true })
      const source = gate.client()
      const answers: string[] = []
      for (let n = 0; n < 12; n++) {
        const guess = { email: 'nobody@example.test', password: `guess ${n}` }
        answers.push((await source.post('/auth/login', guess)).body.code)
      }
      assert.deepEqual(answers, [...Array(10).fill('invalid_credentials'), ...Array(2).fill('rate_limited')])
    })
  })
}
