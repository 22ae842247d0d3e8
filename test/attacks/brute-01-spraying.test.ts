/** A-BRUTE-01: one password, many accounts, one source. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`A-BRUTE-01: spraying, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is stopped after 60 failures a minute, and others get in', async (t) => {
      const gate = await openGate(t, { engine, env: { RATE_LIMITS: 'on' }, quickPasswords: true })
      const ada = await gate.makeAccount()
      const sprayer = gate.client({ localAddress: '127.0.0.66' })
      const statuses: number[] = []

      for (let n = 0; n < 80; n++) {
        const reply = await sprayer.post('/auth/login', {
          email: `user${n}@example.test`,
          password: 'Winter2026!',
        })
        statuses.push(reply.status)
      }

      assert.deepEqual(statuses, [...Array(60).fill(401), ...Array(20).fill(429)])
      const limited = await sprayer.post('/auth/login', { email: ada.email, password: ada.password })
      assertProblem(limited, 429, 'rate_limited')
      const retryAfter = Number(limited.headers['retry-after'])
      assert.ok(retryAfter >= 1 && retryAfter <= 60)
      assert.equal(limited.headers['ratelimit-policy'], '"login";q=60;w=60')
      assert.match(String(limited.headers.ratelimit), /^"login";r=0;t=\d+$/)
      await gate.enter(ada)
    })
  })
}

describe('A-BRUTE-01: the limit', () => {
  it('counts failures only: a hundred right logins from one office pass', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' }, quickPasswords: true })
    const ada = await gate.makeAccount()

    for (let n = 0; n < 100; n++) await gate.logIn(ada)
  })

  it('counts parallel guesses too', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' }, quickPasswords: true })
    const guesses = Array.from({ length: 120 }, (_, n) =>
      gate.client().post('/auth/login', { email: `user${n}@example.test`, password: 'x' }),
    )

    const statuses = (await Promise.all(guesses)).map(({ status }) => status)

    assert.equal(statuses.filter((status) => status === 401).length, 60)
    assert.equal(statuses.filter((status) => status === 429).length, 60)
  })
})
