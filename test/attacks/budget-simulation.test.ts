/**
 * The best attacker there is against the real server, over virtual years: the number of codes that are compared never exceeds what
 * utils/code-budget.ts promises, nor does the chance to guess one exceed what the server prints at its start (contract 5, A-OTP-02).
 */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { formatChance } from '../../src/config/guess-budget.ts'
import { purgeExpired } from '../../src/stores/stores.ts'
import { addressCodeBudget, codeBudget, guessChancePerYear } from '../../src/utils/code-budget.ts'
import { embedded, memory } from '../support/engines.ts'
import { openGate, type TestAccount, type TestGate, wrongCode } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'
import { openInstallation } from '../support/processes.ts'

const dayMs = 86_400_000
const yearMs = 365 * dayMs

/** Limits of networks and mailboxes are off: this attacker has all networks, and what is left are the budgets. */
type Field = {
  gate: TestGate
  ada: TestAccount
  /** Times of wrong codes that were compared. */
  compared: number[]
}

async function openField(t: TestContext): Promise<Field> {
  const gate = await openGate(t, { engine: memory, quickPasswords: true })
  const ada = await gate.makeAccount()
  const compared: number[] = []
  gate.sallyport().inside.gate.events.on((event) => {
    if (event.type === 'code.refused' && event.detail.why === 'wrong') compared.push(event.at)
  })
  return { gate, ada, compared }
}

/** Six wrong digits for that session; `undefined` where its code is a long one. */
async function wrongDigits(gate: TestGate, sessionId: string): Promise<string | undefined> {
  const { stores, emailOtp } = gate.sallyport().inside.gate
  const session = await stores.read.sessions.find(sessionId)
  const challenge = await stores.read.challenges.find(session?.challengeId ?? '')
  return challenge?.details.code === 'long' ? undefined : wrongCode(emailOtp.codeOf(challenge?.id ?? ''))
}

/** Opens a session for guesses. `undefined` when that is refused. */
type Door = (field: Field) => Promise<{ client: Client; sessionId: string; path: string } | undefined>

function door(path: string, body: (ada: TestAccount) => object, guessPath: string): Door {
  return async ({ gate, ada }) => {
    const client = gate.client()
    const reply = await client.post(path, body(ada))
    return reply.status === 200 ? { client, sessionId: reply.body.sessionId, path: guessPath } : undefined
  }
}

const password = 'seven horses in the rain'
const withPassword = door(
  '/auth/login',
  ({ email, password: known }) => ({ email, password: known }),
  '/auth/verify-otp',
)
const resets = door('/auth/password/forgot', ({ email }) => ({ email }), '/auth/password/reset')
const registrations = door('/auth/register', ({ email }) => ({ email, password }), '/auth/verify-otp')

/** So many wrong codes through a door, in as many sessions as it takes. False when the server compares no more. */
async function guess(field: Field, open: Door, tries: number): Promise<boolean> {
  let left = tries
  while (left > 0) {
    const opened = await open(field)
    const otp = opened && (await wrongDigits(field.gate, opened.sessionId))
    if (!opened || otp === undefined) return false
    const { client, path } = opened
    for (let n = 0; n < 5 && left > 0; n++, left--) {
      const body = path.endsWith('reset') ? { otp, newPassword: password } : { otp }
      const reply = await client.post(path, body)
      if (reply.body.code === 'otp_locked') return false
    }
    client.close()
  }
  return true
}

async function dayGoesBy({ gate }: Field): Promise<void> {
  gate.clock.advance('1d')
  await purgeExpired(gate.sallyport().inside.gate.stores, gate.clock.now())
}

/** The most within any 365 days. */
function mostInAYear(times: number[]): number {
  let most = 0
  for (const [index, end] of times.entries()) {
    const first = times.findIndex((time) => time > end - yearMs)
    most = Math.max(most, index - first + 1)
  }
  return most
}

/** Of an address, fewer wrong codes than this are forgotten after so long without one (A-DOS-06): its window ends there. Of an account never. */
const forgotten = { fewerThan: 10, afterMs: 30 * dayMs }

/** How many fell into each window, where the first one after a window begins the next. */
function inWindows(times: number[], mayForget: boolean): number[] {
  const windows: { endsAt: number; lastAt: number; count: number }[] = []
  for (const time of times) {
    const last = windows.at(-1)
    const isForgotten =
      mayForget && last && last.count < forgotten.fewerThan && time - last.lastAt > forgotten.afterMs
    if (last && time < last.endsAt && !isForgotten)
      Object.assign(last, { lastAt: time, count: last.count + 1 })
    else windows.push({ endsAt: time + yearMs, lastAt: time, count: 1 })
  }
  return windows.map(({ count }) => count)
}

const perAccount = codeBudget({ otpAttempts: 5 }).failuresPerYear
const perAddress = addressCodeBudget({ otpAttempts: 5 }).failuresPerYear

/** On which days the attacker guesses. */
const plans: Record<string, (day: number) => boolean> = {
  'every day for two years': () => true,
  'once, then at the end of that year and the start of the next': (day) =>
    day === 0 || (day > 320 && day < 420),
  'twice, then at the end of that year and the start of the next': (day) =>
    day < 2 || (day > 320 && day < 420),
  'as few as are forgotten, month after month, then all at once': (day) =>
    (day < 360 && day % 31 === 0) || (day > 360 && day < 420),
}

for (const [plan, guessesOn] of Object.entries(plans)) {
  describe(`a budget of codes, against guesses ${plan}`, () => {
    it('holds against somebody with the password, while the owner logs in each day and clears the row', async (t) => {
      const field = await openField(t)
      for (let day = 0; day < 730; day++) {
        if (guessesOn(day)) {
          // One short of the lock, so that the owner can come in and clear it.
          await guess(field, withPassword, 9)
          const { ada, gate } = field
          const owner = await withPassword(field)
          if (owner) await gate.verify(ada, owner.client)
        }
        await dayGoesBy(field)
      }
      assertWithin(field, perAccount, plan)
    })

    it('holds against strangers by resets and registrations, while the owner resets and clears the row', async (t) => {
      const field = await openField(t)
      for (let day = 0; day < 730; day++) {
        if (guessesOn(day)) {
          await guess(field, day % 2 === 0 ? resets : registrations, 9)
          const owner = await resets(field)
          if (owner) {
            const sessionId = owner.sessionId
            const isLong = (await wrongDigits(field.gate, sessionId)) === undefined
            const otp = isLong ? await field.gate.longCode(field.ada) : await field.gate.code(field.ada)
            const reply = await owner.client.post('/auth/password/reset', { otp, newPassword: password })
            assert.equal(reply.status, 200, JSON.stringify(reply.body))
          }
        }
        await dayGoesBy(field)
      }
      assertWithin(field, perAddress, plan)
    })
  })
}

/** What is forgotten adds nothing to the worst year. */
function assertWithin({ compared }: Field, budget: number, plan: string): void {
  const windows = inWindows(compared, budget === perAddress)
  assert.ok(Math.max(...windows) <= budget, `${windows.join(', ')} compared in windows of ${budget}`)
  assert.ok(mostInAYear(compared) <= 2 * budget, `${mostInAYear(compared)} within a year`)
  // The attacker does reach it: a simulation that guesses too little would show nothing.
  assert.ok(Math.max(...windows) >= budget - 1, `only ${windows.join(', ')} compared: ${plan}`)
}

describe('a budget of codes, against guesses that wait out every lock', () => {
  for (const [who, open, budget] of [
    ['somebody with the password', withPassword, perAccount],
    ['a stranger with resets', resets, perAddress],
    ['a stranger with registrations', registrations, perAddress],
  ] as const) {
    it(`leaves ${who} far below it: each lock is twice as long as the one before`, async (t) => {
      const field = await openField(t)
      for (let hour = 0; hour < 365 * 24; hour += 6) {
        while (await guess(field, open, 5));
        field.gate.clock.advance('6h')
      }
      assert.ok(field.compared.length >= 40 && field.compared.length <= 70, `${field.compared.length}`)
      assert.ok(field.compared.length < budget)
    })
  }
})

describe('the chance to guess a code', () => {
  it('that the server prints covers both budgets at their worst, and is 0.1 % at most', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const printed = /"guessChancePerYear":"([\d.]+) %"/.exec(place.servers[0]?.output() ?? '')?.[1]
    const worst = (2 * (perAccount + perAddress)) / 1_000_000

    assert.ok(Number(printed) <= 0.1, printed)
    assert.ok(worst * 100 <= Number(printed) + 1e-9, `${worst * 100} %`)
    const settings = { otpAttempts: 5, otpLength: 6 }
    assert.equal(`${printed} %`, formatChance(guessChancePerYear(settings)))
  })
})
