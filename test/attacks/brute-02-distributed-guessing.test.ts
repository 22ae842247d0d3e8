/** A-BRUTE-02: one account, guessed at from one source, from thousands, for years (NIST 800-63B 5.2.2). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { passwordBudget } from '../../src/utils/password-budget.ts'
import { sourceOf } from '../support/asked-codes.ts'
import { deployments, memory } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'

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

/** Tries one password from each of so many sources. Gives how many of each answer came, by code. */
async function guessFrom(gate: TestGate, email: string, sources: number, first = 0) {
  const answers: Record<string, number> = {}
  for (let n = first; n < first + sources; n++) {
    const headers = { 'X-Forwarded-For': sourceOf(n) }
    const client = gate.client()
    const { body } = await client.post('/auth/login', { email, password: `guess ${n}` }, { headers })
    client.close()
    answers[body.code] = (answers[body.code] ?? 0) + 1
  }
  return answers
}

const behindProxy = { RATE_LIMITS: 'on', TRUST_PROXY: '1' }

describe('A-BRUTE-02: 5,000 sources', () => {
  it('have 50 passwords compared when they come at once, known address or not', async (t) => {
    const gate = await openGate(t, { engine: memory, env: behindProxy, quickPasswords: true })
    const ada = await gate.makeAccount()
    const expected = { invalid_credentials: 50, rate_limited: 4_950 }
    assert.deepEqual(await guessFrom(gate, ada.email, 5_000), expected)
    assert.deepEqual(await guessFrom(gate, 'nobody@example.test', 5_000, 5_000), expected)
  })

  it('have a hundred compared in a row, however long they take; then only the owner gets in', async (t) => {
    const gate = await openGate(t, { engine: memory, env: behindProxy, quickPasswords: true })
    const ada = await gate.makeAccount()
    const known = await gate.enter(ada)
    let compared = 0
    for (let step = 0; step < 5_000; step++) {
      const answers = await guessFrom(gate, ada.email, 1, step)
      compared += answers.invalid_credentials ?? 0
      gate.clock.advance('1h')
    }
    assert.equal(compared, 100)

    // The right one from a stranger's browser is not compared either, a year later.
    const { email, password } = ada
    const stranger = gate.client()
    assertProblem(await stranger.post('/auth/login', { email, password }), 429, 'rate_limited')
    await gate.logIn(ada, known)
    // The owner's login ends the row.
    await gate.logIn(ada, stranger)
  })

  it('are slowed down from the fiftieth on: twice as long each time, up to the longest wait', async (t) => {
    const gate = await openGate(t, { engine: memory, env: behindProxy, quickPasswords: true })
    const ada = await gate.makeAccount()
    await guessFrom(gate, ada.email, 50)
    const waits: number[] = []
    for (let n = 0; n < 12; n++) {
      const headers = { 'X-Forwarded-For': sourceOf(100 + n) }
      const guess = { email: ada.email, password: 'x' }
      const slowed = await gate.client().post('/auth/login', guess, { headers })
      assertProblem(slowed, 429, 'rate_limited')
      const seconds = Number(slowed.headers['retry-after'])
      waits.push(seconds / 60)
      gate.clock.advance(seconds * 1_000)
      assertProblem(await gate.client().post('/auth/login', guess, { headers }), 401, 'invalid_credentials')
    }
    const { firstWaitMs, longestWaitMs } = passwordBudget
    assert.deepEqual(
      waits,
      waits.map((_, n) => Math.min(firstWaitMs * 2 ** n, longestWaitMs) / 60_000),
    )
  })
})
