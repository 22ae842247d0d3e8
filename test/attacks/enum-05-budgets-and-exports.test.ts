/**
 * A-ENUM-05: whether an address has an account, from what the gate keeps and does beside its answers: the trail that an owner may
 * read, budgets that are forgotten, and the statements that an answer and its mail cost.
 */
import assert from 'node:assert/strict'
import { StatementSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { purgeExpired } from '../../src/stores/stores.ts'
import { engines } from '../support/engines.ts'
import { openGate, type TestGate } from '../support/gate.ts'
import type { Client, Response } from '../support/http-client.ts'

const [known, unknown] = ['known@example.test', 'nobody@example.test']
const newPassword = 'seven horses in the rain'

for (const engine of engines) {
  describe(`A-ENUM-05: the export of one's own account, ${engine.name}`, { skip: engine.missing() }, () => {
    it('tells no taken address from a free one', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      await gate.makeAccount(known)
      const exports: unknown[] = []
      for (const [email, newEmail] of [
        ['eve1@example.test', known],
        ['eve2@example.test', unknown],
      ] as const) {
        const eve = await gate.enter(await gate.makeAccount(email))
        const asked = await eve.post('/auth/email/change', { newEmail })
        assert.equal(asked.status, 200)
        await eve.post('/auth/otp/resend')
        await eve.post('/auth/email/confirm', { otp: '000000' })
        const { body } = await eve.get('/auth/account/export')
        assert.ok(body.activity.some(({ type }: { type: string }) => type === 'email_change.asked'))
        exports.push(withoutIds(body, email))
      }

      assert.deepEqual(exports[0], exports[1])
    })
  })

  describe(`A-ENUM-05: budgets of addresses, ${engine.name}`, { skip: engine.missing() }, () => {
    for (const [days, wrongCodes, afterwards] of [
      [3, 0, '429 rate_limited'],
      [29, 5, '429 rate_limited'],
      [31, 5, '401 invalid_credentials'],
      // Where codes were guessed at, their year is kept.
      [31, 10, '429 rate_limited'],
      [366, 10, '401 invalid_credentials'],
      [401, 5, '401 invalid_credentials'],
    ] as const) {
      it(`with ${wrongCodes} wrong codes are kept alike, or forgotten alike, for ${days} days`, async (t) => {
        const gate = await openGate(t, { engine, quickPasswords: true })
        // Of an account whose password was changed more is kept for longer: which browsers are strangers.
        const ada = await gate.makeAccount(known)
        const client = await gate.enter(ada)
        const change = { currentPassword: ada.password, newPassword }
        assert.equal((await client.post('/auth/password/change', change)).status, 200)
        const strangers = new Map([known, unknown].map((email) => [email, gate.client()]))
        for (const [email, stranger] of strangers) await useUp(gate, stranger, { email, wrongCodes })
        gate.clock.advance(days * dayMs)

        await purgeExpired(gate.sallyport().inside.gate.stores, gate.clock.now())

        const seen = []
        for (const [email, stranger] of strangers) seen.push(await answersTo(stranger, email))
        assert.deepEqual(seen[0], seen[1])
        assert.equal(seen[0]?.[1], afterwards)
      })
    }
  })
}

for (const engine of engines) {
  describe(`A-ENUM-05: the statements of an answer, ${engine.name}`, { skip: engine.missing() }, () => {
    it('are the same, in number and text, whether the address has an account or not', async (t) => {
      const statements = recordStatements(t)
      const gate = await openGate(t, { engine, quickPasswords: true })
      await gate.makeAccount(known)
      const seen = []
      for (const email of [known, unknown]) seen.push(await statementsOfReset(gate, email, statements))
      const [ofKnown, ofUnknown] = seen

      assert.deepEqual(ofKnown, ofUnknown)
      for (const [step, { answer, mail }] of Object.entries(ofKnown ?? {})) {
        assert.ok(answer.length >= 5, `${step}: ${answer.length} statements were seen`)
        assert.ok(mail.length >= 2 || !/forgot|resend/.test(step), `${step}: ${mail.length} for its mail`)
      }
    })

    it('are the same for a registration and a change of address', async (t) => {
      const statements = recordStatements(t)
      const gate = await openGate(t, { engine, quickPasswords: true })
      await gate.makeAccount(known)
      const seen = []
      for (const email of [known, unknown]) {
        const eve = await gate.enter(await gate.makeAccount(`eve-of-${email}`))
        const registering = gate.client()
        const steps = [
          () => registering.post('/auth/register', { email, password: newPassword }),
          () => registering.post('/auth/verify-otp', { otp: '000000' }),
          () => registering.post('/auth/otp/resend'),
          () => eve.post('/auth/email/change', { newEmail: email }),
          () => eve.post('/auth/email/confirm', { otp: '000000' }),
          () => eve.post('/auth/otp/resend'),
        ]
        const costs = []
        for (const step of steps) {
          gate.clock.advance('31s')
          costs.push(await costOf(gate, statements, step))
        }
        seen.push(costs)
      }

      assert.deepEqual(seen[0], seen[1])
    })
  })
}

const dayMs = 86_400_000

/** Sixty tries of a password, and some of a code. */
async function useUp(
  gate: TestGate,
  stranger: Client,
  { email, wrongCodes }: { email: string; wrongCodes: number },
): Promise<void> {
  for (let n = 0; n < 60; n++) {
    const reply = await stranger.post('/auth/login', { email, password: 'not the password' })
    if (reply.status === 429) gate.clock.advance('15m')
  }
  for (let n = 0; n < wrongCodes; n++) {
    if (n % 5 === 0) await stranger.post('/auth/password/forgot', { email })
    await stranger.post('/auth/password/reset', { otp: '000000', newPassword })
  }
}

async function answersTo(stranger: Client, email: string): Promise<string[]> {
  const answers: string[] = []
  const note = ({ status, body }: Response) =>
    answers.push(`${status} ${body.code ?? body.otp?.length ?? ''}`)
  for (let n = 0; n < 60; n++) {
    note(await stranger.post('/auth/login', { email, password: 'not the password' }))
  }
  for (let asked = 0; asked < 2; asked++) {
    note(await stranger.post('/auth/password/forgot', { email }))
    for (let n = 0; n < 5; n++) {
      note(await stranger.post('/auth/password/reset', { otp: '000000', newPassword }))
    }
  }
  return answers
}

type Cost = { status: number; answer: string[]; mail: string[] }

/** From the forgot call to the lock that wrong codes bring, and what is answered under it. */
async function statementsOfReset(gate: TestGate, email: string, statements: string[]) {
  const client = gate.client()
  const costs: Record<string, Cost> = {}
  const step = async (name: string, act: () => Promise<Response>) => {
    costs[name] = await costOf(gate, statements, act)
  }
  await step('wrong password', () => client.post('/auth/login', { email, password: 'not the password' }))
  for (const round of [1, 2, 3]) {
    await step(`forgot ${round}`, () => client.post('/auth/password/forgot', { email }))
    for (let n = 1; n <= (round === 3 ? 1 : 5); n++) {
      const otp = round === 3 ? '7KQ2M-X4DPA-7KQ2M-X4DPA-7KQ2M' : '000000'
      await step(`wrong code ${round}.${n}`, () => client.post('/auth/password/reset', { otp, newPassword }))
      gate.clock.advance('31s')
      if (n === 1) await step(`resend ${round}`, () => client.post('/auth/otp/resend'))
    }
  }
  return costs
}

/** The statements until the answer, and those of the mail worker after it. */
async function costOf(gate: TestGate, statements: string[], act: () => Promise<Response>): Promise<Cost> {
  const { mail } = gate.sallyport().inside
  await mail.idle()
  await sleep(20)
  statements.length = 0
  const { status } = await act()
  await mail.idle()
  await sleep(20)
  const isMails = (text: string) => /^(update|select .* from) mail_outbox|finished_at/.test(text)
  // What seals the trail and follows the keys runs when it finds the time, and for all that happened since.
  const isTimed = (text: string) => /audit_(seals|pending)|singletons|signing_keys|^(begin|commit)/.test(text)
  const own = statements.filter((text) => !isTimed(text))
  return {
    status,
    answer: own.filter((text) => !isMails(text)),
    // A look of the worker's timer that finds nothing falls where it falls, and so does a mark that it repeats meanwhile.
    mail: own
      .filter((text) => isMails(text) && !/^select 1 as one/.test(text))
      .filter((text, index, all) => text !== all[index - 1]),
  }
}

/** Every statement that reaches an engine from now on, in order. */
function recordStatements(t: TestContext): string[] {
  const seen: string[] = []
  const note = (text: string) => void seen.push(text.replace(/\s+/g, ' ').trim().replaceAll('$', '?'))
  const all = StatementSync.prototype.all as Method
  t.mock.method(StatementSync.prototype, 'all', function (this: StatementSync, ...values: unknown[]) {
    note(this.sourceSQL)
    return all.apply(this, values)
  } as never)
  const query = pg.Client.prototype.query as Method
  t.mock.method(pg.Client.prototype, 'query', function (this: pg.Client, ...values: unknown[]) {
    const [first] = values as [string | { text: string }]
    note(typeof first === 'string' ? first : first.text)
    return query.apply(this, values)
  } as never)
  return seen
}

type Method = (this: unknown, ...values: unknown[]) => unknown

/** Two accounts differ by their ids and their address. */
function withoutIds(body: unknown, email: string): unknown {
  const text = JSON.stringify(body).replaceAll(email, '*')
  return JSON.parse(text.replace(/\b(acc|ses|chl|dev)_[\w-]{22}/g, '$1'))
}
