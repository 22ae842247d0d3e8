/** A-BRUTE-01: one password, many accounts, one source. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limits } from '../../src/routes/limits.ts'
import type { LimitRule } from '../../src/stores/limits.ts'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'

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
      // Not the right one either: else it would be told apart from the wrong ones.
      const limited = await sprayer.post('/auth/login', { email: ada.email, password: ada.password })
      assertProblem(limited, 429, 'rate_limited')
      const retryAfter = Number(limited.headers['retry-after'])
      assert.ok(retryAfter >= 1 && retryAfter <= 60)
      assert.equal(limited.headers['ratelimit-policy'], '"login";q=60;w=60')
      assert.match(String(limited.headers.ratelimit), /^"login";r=0;t=\d+$/)
      await gate.enter(ada)
    })

    it('that takes its time is stopped by the number of different accounts', async (t) => {
      const gate = await openGate(t, { engine, env: { RATE_LIMITS: 'on' }, quickPasswords: true })
      const ada = await gate.makeAccount()
      asIfMinutesWentBy(gate)
      const sprayer = gate.client({ localAddress: '127.0.0.66' })
      const { points } = limits.loginSpread.rule
      const statuses: number[] = []

      for (let n = 0; n < points + 20; n++) {
        const guess = { email: `user${n}@example.test`, password: 'Winter2026!' }
        statuses.push((await sprayer.post('/auth/login', guess)).status)
      }

      assert.deepEqual(statuses, [...Array(points).fill(401), ...Array(20).fill(429)])
      const fresh = await sprayer.post('/auth/login', { email: ada.email, password: ada.password })
      assertProblem(fresh, 429, 'rate_limited')
      // An account that was counted before costs no second place, and has a limit of its own.
      const again = { email: 'user0@example.test', password: 'x' }
      assertProblem(await sprayer.post('/auth/login', again), 401, 'invalid_credentials')
      await gate.enter(ada)
    })

    it('from all addresses of a wide network is stopped after 300 failures a minute', async (t) => {
      const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1' }
      const gate = await openGate(t, { engine, env, quickPasswords: true })
      const ada = await gate.makeAccount()
      for (const network of ['198.51.100.', '2001:db8:5:']) {
        const sourceOf = (host: number) =>
          network.includes(':') ? `${network}${host}::1` : `${network}${host}`
        const statuses: number[] = []

        for (let n = 0; n < 320; n++) {
          const headers = { 'X-Forwarded-For': sourceOf(n % 250) }
          const guess = { email: `${n}.${network.length}@example.test`, password: 'Winter2026!' }
          statuses.push((await gate.client().post('/auth/login', guess, { headers })).status)
        }

        const passed = statuses.filter((status) => status === 401).length
        assert.deepEqual(statuses.slice(300), Array(20).fill(429))
        // A Redis that is slow for a moment is answered for by a stricter limit.
        assert.ok(engine.name.includes('redis') ? passed >= 150 : passed === 300, `${passed} passed`)
        // The network beside it is somebody else's.
        const login = { email: ada.email, password: ada.password }
        const beside = network.includes(':') ? '2001:db8:6::1' : '198.51.101.1'
        const headers = { 'X-Forwarded-For': beside }
        assert.equal((await gate.client().post('/auth/login', login, { headers })).status, 200)
      }
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

  it('of accounts counts an address once, in any spelling, and a success not at all', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' }, quickPasswords: true })
    asIfMinutesWentBy(gate)
    const office = gate.client()
    const { points } = limits.loginSpread.rule
    for (let n = 0; n < points + 10; n++) {
      await gate.logIn(await gate.makeAccount(`colleague${n}@example.test`), gate.client())
    }

    for (const email of ['Typo@example.test', 'typo@example.test', 'TYPO@EXAMPLE.TEST']) {
      const reply = await office.post('/auth/login', { email, password: 'x' })
      assertProblem(reply, 401, 'invalid_credentials')
    }
    for (let n = 1; n < points; n++) {
      const reply = await office.post('/auth/login', { email: `other${n}@example.test`, password: 'x' })
      assertProblem(reply, 401, 'invalid_credentials')
    }

    const last = { email: 'one-more@example.test', password: 'x' }
    assertProblem(await office.post('/auth/login', last), 429, 'rate_limited')
  })
})

/** Limits count in real time: the ones of a minute are taken away, as they are for somebody who waits. */
function asIfMinutesWentBy(gate: TestGate): void {
  const { web } = gate.sallyport().inside
  const real = web.limits
  Object.assign(web, {
    limits: {
      ...real,
      async consume(rule: LimitRule, key: string) {
        if (rule.windowSeconds > 60) return real.consume(rule, key)
        return { allowed: true, rule, remaining: rule.points, resetSeconds: rule.windowSeconds }
      },
    },
  })
}
