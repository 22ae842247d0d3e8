/**
 * A-BRUTE-02: a browser that has logged in before is let past strangers' guesses (D5). What somebody gains who has its cookie, the
 * cookie of a trusted device, or a whole session: a hundred passwords in a row at most (NIST 800-63B 5.2.2), and no sessions or hashes
 * without end.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { purgeExpired } from '../../src/stores/stores.ts'
import { deployments, memory } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'
import { outcomeOf } from '../support/processes.ts'

const newPassword = 'seven horses in the rain'
const limited = { RATE_LIMITS: 'on' }

for (const engine of deployments) {
  describe(`A-BRUTE-02: known browsers, ${engine.name}`, { skip: engine.missing() }, () => {
    for (const how of ['change', 'reset'] as const) {
      it(`are strangers after a ${how} of the password, but for the one that did it`, async (t) => {
        const gate = await openGate(t, { engine, quickPasswords: true })
        const ada = await gate.makeAccount()
        const thief = await gate.enter(ada)
        const owner = await gate.enter(ada)
        gate.clock.advance('1s')
        await replacePassword(gate, ada, owner, how)
        await guessAsStranger(gate, ada, 50)
        const login = { email: ada.email, password: newPassword }

        assertProblem(await thief.post('/auth/login', login), 429, 'rate_limited')
        assertProblem(await gate.client().post('/auth/login', login), 429, 'rate_limited')
        assert.equal((await owner.post('/auth/login', login)).status, 200)
      })
    }

    it('are known again once they have logged in with the new password', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const phone = await gate.enter(ada)
      const laptop = await gate.enter(ada)
      gate.clock.advance('1s')
      await replacePassword(gate, ada, laptop, 'change')
      const changed = { ...ada, password: newPassword }
      await gate.enter(changed, phone)
      await guessAsStranger(gate, ada, 50)

      await gate.logIn(changed, phone)
    })

    it('that were strangers are that after the budgets were purged, for as long as their cookies live', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const thief = await gate.enter(ada)
      gate.clock.advance('1s')
      await replacePassword(gate, ada, await gate.enter(ada), 'change')
      for (const days of [31, 200, 168, 30]) {
        gate.clock.advance(days * 86_400_000)
        await purgeExpired(gate.sallyport().inside.gate.stores, gate.clock.now())
        await guessAsStranger(gate, ada, 50)
        const login = { email: ada.email, password: newPassword }

        assertProblem(await thief.post('/auth/login', login), 429, 'rate_limited')
      }
    })

    it('have a hundred passwords compared in a row, then as many as any stranger', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const thief = await gate.enter(ada)
      await guessAsStranger(gate, ada, 50)
      const answers: string[] = []

      for (let n = 0; n < 105; n++) answers.push(outcomeOf(await guess(thief, ada)))

      assert.deepEqual(answers, [
        ...Array(100).fill('401 invalid_credentials'),
        ...Array(5).fill('429 rate_limited'),
      ])
      const { email, password } = ada
      assertProblem(await thief.post('/auth/login', { email, password }), 429, 'rate_limited')
    })

    it('that guess are told to the owner by mail, with the login after it', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const thief = await gate.enter(ada)
      const told = async () => (await gate.mailsTo(ada)).filter((subject) => subject.startsWith('Wrong'))

      for (let n = 0; n < 9; n++) await guess(thief, ada)
      await gate.logIn(ada, thief)
      assert.deepEqual(await told(), [])
      for (let n = 0; n < 10; n++) await guess(thief, ada)
      await gate.logIn(ada, thief)

      assert.deepEqual(await told(), ['Wrong passwords, then a login to your Sallyport account'])
    })

    it('that are trusted log in 30 times in 15 minutes', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true, env: limited })
      const ada = await gate.makeAccount()
      const client = await gate.enterTrusted(ada)
      const { email, password } = ada
      const logIn = () => client.clone().post('/auth/login', { email, password })

      for (let n = 0; n < 30; n++) assert.equal((await logIn()).body.next, 'token')

      const refused = await logIn()
      assert.equal(assertProblem(refused, 429, 'rate_limited').cause, 'login-trusted')
      assert.equal(refused.headers['ratelimit-policy'], '"login-trusted";q=30;w=900')
    })

    it('that are trusted have one session each: a login in one ends its session before', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const byCode = await gate.enterTrusted(ada)
      const elsewhere = await gate.enterTrusted(ada)
      const copies = [copyOfDevice(byCode), copyOfDevice(byCode), copyOfDevice(byCode)]

      for (const copy of copies) assert.equal((await copy.post('/auth/login', ada)).body.next, 'token')

      assert.deepEqual(await Promise.all([...copies, byCode, elsewhere].map(stageOf)), [
        'replaced',
        'replaced',
        'verified',
        'verified',
        'verified',
      ])
    })

    it('that are trusted no more lose the session that they opened, unless it is the one that asks', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const laptop = await gate.enterTrusted(ada)
      const opened = copyOfDevice(laptop)
      await opened.post('/auth/login', ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(opened)
      const [device] = (await laptop.get('/auth/devices')).body.devices

      assert.equal((await laptop.delete(`/auth/devices/${device.id}`)).status, 204)

      assert.deepEqual([await stageOf(opened), await stageOf(laptop)], ['revoked', 'verified'])
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      const phone = await gate.enterTrusted(ada)
      const asking = copyOfDevice(phone)
      await asking.post('/auth/login', ada)
      assert.equal((await asking.delete('/auth/devices')).status, 204)
      assert.deepEqual([await stageOf(asking), await stageOf(phone)], ['verified', 'verified'])
    })
  })
}

describe('A-BRUTE-02: known browsers, day after day', () => {
  it('have a hundred compared in a row, however long they take', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const thief = await gate.enter(ada)
    // Strangers keep the address slowed down, so what is compared at once is compared because the browser is known.
    await guessAsStranger(gate, ada, 100)
    let compared = 0
    for (let day = 0; day < 300; day++) {
      if ((await guess(thief, ada)).status === 401) compared++
      gate.clock.advance('1d')
    }

    assert.equal(compared, 100)
    assert.equal(assertProblem(await guess(thief, ada), 429, 'rate_limited').cause, 'passwords_of_address')
  })
})

describe('A-BRUTE-02: a stolen session', () => {
  const long = { SESSION_TTL: '60d', SESSION_IDLE_TTL: '60d' }

  it('has a hundred current passwords compared in a row, in however many days', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true, env: long })
    const ada = await gate.makeAccount()
    const thief = await gate.enter(ada)
    const answers: string[] = []
    for (let day = 0; day < 30; day++) {
      for (let n = 0; n < 5; n++) {
        const body = { currentPassword: `guess ${day} ${n}`, newPassword }
        const reply = await thief.post('/auth/password/change', body)
        answers.push(reply.body.code)
      }
      gate.clock.advance('1d')
    }

    assert.deepEqual(answers, [...Array(100).fill('invalid_credentials'), ...Array(50).fill('rate_limited')])
    assert.equal((await thief.get('/auth/session')).body.stage, 'verified')
    // The right one is not compared either; a login, or a reset, is the owner's way.
    const right = { currentPassword: ada.password, newPassword }
    assertProblem(await thief.post('/auth/password/change', right), 429, 'rate_limited')
    const owner = await gate.enter(ada)
    assert.equal((await owner.post('/auth/password/change', right)).status, 200)
  })

  it('has no more of them beside what the browser has at the login', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const thief = await gate.enter(ada)
    await guessAsStranger(gate, ada, 50)
    let compared = 0
    for (let n = 0; n < 80; n++) {
      const body = { currentPassword: `guess ${n}`, newPassword }
      for (const reply of [await guess(thief, ada), await thief.post('/auth/password/change', body)]) {
        if (reply.status === 401) compared++
      }
    }

    assert.equal(compared, 100)
  })

  it('changes the password 20 times a day', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true, env: limited })
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const passwords = [ada.password, ...Array.from({ length: 21 }, (_, n) => `${newPassword}, number ${n}`)]
    const change = (nth: number) =>
      client.post('/auth/password/change', {
        currentPassword: passwords[nth],
        newPassword: passwords[nth + 1],
      })

    for (let nth = 0; nth < 20; nth++) assert.equal((await change(nth)).status, 200)

    const refused = await change(20)
    assert.equal(assertProblem(refused, 429, 'rate_limited').cause, 'password-change')
    assert.equal(refused.headers['ratelimit-policy'], '"password-change";q=20;w=86400')
  })
})

async function replacePassword(
  gate: TestGate,
  account: TestAccount,
  client: Client,
  how: 'change' | 'reset',
): Promise<void> {
  if (how === 'reset') await client.post('/auth/password/forgot', { email: account.email })
  const sent =
    how === 'reset'
      ? { otp: await gate.code(account), newPassword }
      : { currentPassword: account.password, newPassword }
  const reply = await client.post(`/auth/password/${how}`, sent)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
}

/** From fifty on a stranger is slowed down, from a hundred on none is let in. */
async function guessAsStranger(gate: TestGate, account: TestAccount, times: number): Promise<void> {
  const stranger = gate.client()
  for (let compared = 0; compared < times; ) {
    const { status } = await guess(stranger, account)
    if (status === 401) compared++
    else gate.clock.advance('15m')
  }
}

function guess(client: Client, { email }: TestAccount) {
  return client.post('/auth/login', { email, password: 'not the password' })
}

/** The cookies of the browser without its session: what somebody has who copied them once. */
function copyOfDevice(client: Client): Client {
  const copy = client.clone()
  copy.cookies.delete('sallyport.sid')
  return copy
}

/** `verified`, or why it ended. */
async function stageOf(client: Client): Promise<string> {
  const { stage, endedBecause } = (await client.get('/auth/session')).body
  return endedBecause ?? stage
}
