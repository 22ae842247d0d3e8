/** A-RST-07: nobody fills a mailbox, with its owner's password or without, from however many networks. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mailBudget } from '../../src/utils/mail-budget.ts'
import { sourceOf } from '../support/asked-codes.ts'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'

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

const password = 'seven horses in the rain'
const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1' }

/** One request for each kind of mail that a stranger can cause, each from a network of its own. */
async function askForMails(gate: TestGate, email: string, source: number): Promise<string[]> {
  const post = async (path: string, body: object, offset: number) => {
    const client = gate.client()
    const headers = { 'X-Forwarded-For': sourceOf(3 * source + offset) }
    const { status, body: answer } = await client.post(path, body, { headers })
    client.close()
    return [status, answer.code].filter(Boolean).join(' ')
  }
  return [
    await post('/auth/password/forgot', { email }, 0),
    await post('/auth/register', { email, password }, 1),
    await post('/auth/password/forgot', { email: email.toUpperCase() }, 2),
  ]
}

for (const engine of deployments) {
  describe(`A-RST-07: 1,000 requests from as many networks, ${engine.name}`, {
    skip: engine.missing(),
  }, () => {
    for (const kind of ['with an account', 'without one']) {
      it(`send an address ${kind} a dozen mails an hour, and answer as ever`, async (t) => {
        const gate = await openGate(t, { engine, env, quickPasswords: true })
        const victim = { email: 'ada@example.test' }
        if (kind === 'with an account') await gate.makeAccount(victim.email)
        let source = 0
        const answers: string[] = []

        for (let minute = 0; minute < 60; minute++) {
          const requests = Array.from({ length: 5 }, () => askForMails(gate, victim.email, source++))
          answers.push(...(await Promise.all(requests)).flat())
          gate.clock.advance('1m')
        }

        assert.deepEqual([...new Set(answers)], ['200'])
        const mails = await gate.mailsTo(victim)
        assert.ok(mails.length >= 3 && mails.length <= mailBudget.perHour, `${mails.length} mails`)
      })
    }
  })
}

describe('A-RST-07: a flood', () => {
  it('at once sends three mails; of what waits, each network has one, its newest', async (t) => {
    for (const networks of [1, 100]) {
      const gate = await openGate(t, { env: { TRUST_PROXY: '1' }, quickPasswords: true })
      const ada = await gate.makeAccount()
      for (let n = 0; n < 100; n++) await askForMails(gate, ada.email, networks === 1 ? 0 : n)
      assert.equal((await gate.mailsTo(ada)).length, mailBudget.perWindow)

      gate.clock.advance('31s')
      gate.sallyport().inside.gate.wakeMail()
      // Three sources ask in turn, and the mailbox is limited by the hour in production (see above).
      const { length } = await gate.mailsTo(ada)
      if (networks === 1) assert.ok(length <= mailBudget.perWindow + 3, `${length} mails`)
    }
  })

  it('keeps no owner from their own: logins send their codes, and a reset an hour later too', async (t) => {
    const gate = await openGate(t, { env, quickPasswords: true })
    const ada = await gate.makeAccount()
    for (let minute = 0; minute < 20; minute++) {
      for (let n = 0; n < 5; n++) await askForMails(gate, ada.email, 5 * minute + n)
      gate.clock.advance('1m')
    }
    await gate.enter(ada)

    gate.clock.advance('61m')
    const client = gate.client()
    await client.post('/auth/password/forgot', { email: ada.email })
    const reset = { otp: await gate.code(ada), newPassword: password }
    assert.equal((await client.post('/auth/password/reset', reset)).status, 200)
  })

  it('of changes of address is limited by the address that they name', async (t) => {
    const gate = await openGate(t, { quickPasswords: true, env })
    const victim = { email: 'victim@example.test' }
    for (let n = 0; n < 8; n++) {
      const own = await gate.makeAccount(`eve${n}@example.test`)
      const headers = { 'X-Forwarded-For': sourceOf(n) }
      const eve = await gate.enter(own)
      for (let change = 0; change < 4; change++) {
        const reply = await eve.post('/auth/email/change', { newEmail: victim.email }, { headers })
        assert.equal(reply.status, 200)
      }
      gate.clock.advance('40s')
    }
    assert.ok((await gate.mailsTo(victim)).length <= mailBudget.perHour)
  })
})
