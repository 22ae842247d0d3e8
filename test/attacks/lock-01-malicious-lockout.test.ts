/** A-LOCK-01: a stranger sends wrong passwords and codes for a victim's address, to keep its owner out (ASVS 6.1.1, D5). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { passwordBudget } from '../../src/utils/password-budget.ts'
import { sourceOf } from '../support/asked-codes.ts'
import { deployments, type Engine, memory } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate, wrongCode } from '../support/gate.ts'

const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1' }
const newPassword = 'seven horses in the rain'

/** Wrong passwords, each from a network of its own, some at a time. */
async function flood(gate: TestGate, email: string, count: number, first = 0): Promise<void> {
  const clients = Array.from({ length: 20 }, () => gate.client())
  for (let n = first; n < first + count; n += clients.length) {
    await Promise.all(
      clients.map((client, index) =>
        client.post(
          '/auth/login',
          { email, password: `guess ${n + index}` },
          { headers: { 'X-Forwarded-For': sourceOf(n + index) } },
        ),
      ),
    )
  }
}

async function openFlooded(t: Parameters<typeof openGate>[0], engine: Engine, count: number) {
  const gate = await openGate(t, { engine, env, quickPasswords: true })
  const ada = await gate.makeAccount()
  const known = await gate.enter(ada)
  await flood(gate, ada.email, count)
  return { gate, ada, known }
}

async function assertSlowedDown(gate: TestGate, { email, password }: TestAccount): Promise<number> {
  const reply = await gate.client().post('/auth/login', { email, password })
  assertProblem(reply, 429, 'rate_limited')
  return Number(reply.headers['retry-after'])
}

async function reset(gate: TestGate, ada: TestAccount): Promise<void> {
  const client = gate.client()
  assert.equal((await client.post('/auth/password/forgot', { email: ada.email })).status, 200)
  const body = { otp: await gate.code(ada), newPassword }
  assert.equal((await client.post('/auth/password/reset', body)).status, 200)
}

describe('A-LOCK-01: 10,000 wrong passwords', () => {
  it('a known browser passes at once, a new device minutes later', async (t) => {
    const { gate, ada, known } = await openFlooded(t, memory, 10_000)
    // The wait holds for a stranger and for a new device of the owner alike: nothing tells them apart yet.
    const wait = await assertSlowedDown(gate, ada)
    assert.ok(wait <= passwordBudget.firstWaitMs / 1_000)
    gate.clock.advance(wait * 1_000)

    await gate.logIn(ada, gate.client())
    gate.clock.advance('1h')
    await gate.enter(ada, known)
  })
})

for (const engine of deployments) {
  describe(`A-LOCK-01: wrong passwords, ${engine.name}`, { skip: engine.missing() }, () => {
    it('keep no known browser out, whose login lets the new device in at once', async (t) => {
      const { gate, ada, known } = await openFlooded(t, engine, 300)
      await assertSlowedDown(gate, ada)

      await gate.enter(ada, known)

      await gate.enter(ada, gate.client())
      const subjects = await gate.mailsTo(ada)
      assert.equal(subjects.filter((subject) => /wrong passwords|failed/i.test(subject)).length, 1)
    })

    it('keep nobody from a reset, after which every device gets in at once', async (t) => {
      const { gate, ada } = await openFlooded(t, engine, 300)
      await assertSlowedDown(gate, ada)

      await reset(gate, ada)

      await gate.enter({ ...ada, password: newPassword }, gate.client())
    })

    it('that go on for months keep neither of them out', async (t) => {
      const { gate, ada, known } = await openFlooded(t, engine, 60)
      for (let day = 0; day < 60; day++) {
        gate.clock.advance('1d')
        await flood(gate, ada.email, 20, 100 + 20 * day)
      }
      await assertSlowedDown(gate, ada)

      await gate.enter(ada, known)
      await gate.enter(ada, gate.client())
    })

    it("wrong codes of resets and registrations leave the owner's logins and step-ups alone", async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const known = await gate.enter(ada)
      const stranger = gate.client()
      let answer = ''
      while (answer !== 'otp_locked') {
        gate.clock.advance('31s')
        await stranger.post('/auth/password/forgot', { email: ada.email })
        const otp = wrongCode(await gate.code(ada))
        for (let n = 0; n < 5 && answer !== 'otp_locked'; n++) {
          answer = (await stranger.post('/auth/password/reset', { otp, newPassword })).body.code
        }
      }

      await gate.enter(ada, gate.client())
      assert.equal((await known.post('/auth/step-up')).status, 200)
      assert.equal((await gate.verify(ada, known)).status, 200)
      // The owner was told once, and the other way round it is the same: wrong login codes lock no reset.
      const notices = (await gate.mailsTo(ada)).filter((subject) => subject.startsWith('Too many wrong'))
      assert.equal(notices.length, 1)
      gate.clock.advance('16m')
      for (let login = 0; login < 2; login++) {
        const guesser = await gate.logIn(ada, gate.client())
        const otp = wrongCode(await gate.code(ada))
        for (let n = 0; n < 5; n++) await guesser.post('/auth/verify-otp', { otp })
      }
      const locked = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })
      assertProblem(locked, 429, 'otp_locked')
      await reset(gate, ada)
    })
  })
}
