/**
 * A-LOCK-01: strangers spend what an address has for codes, passwords and mails. Its owner still gets a mail, resets the password and
 * logs in (ASVS 6.1.1, D5), and a free address is answered as one with an account (A-ENUM-04).
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sourceOf } from '../support/asked-codes.ts'
import { deployments, memory } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client, Response } from '../support/http-client.ts'

const newPassword = 'seven horses in the rain'
const nora = { id: '', email: 'nora@example.test', password: newPassword }
const anyLongCode = '7KQ2M-X4DPA-7KQ2M-X4DPA-7KQ2M'

for (const engine of deployments) {
  describe(`A-LOCK-01: codes of an address that strangers have locked, ${engine.name}`, {
    skip: engine.missing(),
  }, () => {
    it('are long, for an address without an account too, and one of them resets the password', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      for (const account of [ada, nora]) await lockCodesOf(gate, account)
      const [known, unknown] = [gate.client(), gate.client()]

      const asked = await known.post('/auth/password/forgot', { email: ada.email })
      const askedInVain = await unknown.post('/auth/password/forgot', { email: nora.email })

      assert.deepEqual([asked.status, asked.body.otp.length], [200, 25])
      assert.deepEqual(viewOf(askedInVain), viewOf(asked))
      const otp = (await gate.longCode(ada)).toLowerCase()
      assert.equal((await known.post('/auth/password/reset', { otp, newPassword })).status, 200)
      await gate.enter({ ...ada, password: newPassword })
      for (const client of [unknown, known]) {
        await client.post('/auth/password/forgot', { email: client === known ? ada.email : nora.email })
      }
      const wrong = { otp: anyLongCode, newPassword }
      assert.deepEqual(
        viewOf(await unknown.post('/auth/password/reset', wrong)),
        viewOf(await known.post('/auth/password/reset', wrong)),
      )
    })

    it('are not counted when they are wrong: the lock ends as if nobody had tried', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      await lockCodesOf(gate, ada)
      const stranger = gate.client()
      for (let asked = 0; asked < 4; asked++) {
        await stranger.post('/auth/password/forgot', { email: ada.email })
        for (const attemptsLeft of [4, 3, 2, 1, 0]) {
          const reply = await stranger.post('/auth/password/reset', { otp: anyLongCode, newPassword })
          assert.equal(assertProblem(reply, 401, 'otp_invalid').attemptsLeft, attemptsLeft)
        }
      }
      gate.clock.advance('15m')

      const asked = await stranger.post('/auth/password/forgot', { email: ada.email })

      assert.equal(asked.body.otp.length, 6)
      assert.equal((await locks(gate, ada)).length, 1)
    })

    it('register an address and move an account to one', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const moved = { email: 'ada@elsewhere.test' }
      for (const { email } of [nora, moved]) await lockCodesOf(gate, { email })
      const [registering, moving] = [gate.client(), await gate.enter(ada)]

      const registered = await registering.post('/auth/register', nora)
      const changed = await moving.post('/auth/email/change', { newEmail: moved.email })

      assert.deepEqual([registered.body.otp.length, changed.body.otp.length], [25, 25])
      for (const [client, path] of [
        [registering, '/auth/verify-otp'],
        [moving, '/auth/email/confirm'],
      ] as const) {
        assertProblem(await client.post(path, { otp: '123456' }), 400, 'invalid_request')
        assertProblem(await client.post(path, { otp: anyLongCode }), 401, 'otp_invalid')
      }
      const code = { otp: await gate.longCode(nora) }
      assert.equal((await registering.post('/auth/verify-otp', code)).status, 200)
      await gate.enter(nora)
      const confirmation = { otp: await gate.longCode(moved) }
      assert.equal((await moving.post('/auth/email/confirm', confirmation)).status, 200)
      await gate.enter({ ...ada, ...moved })
    })

    it('are sent again as they were', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      await lockCodesOf(gate, ada)
      const client = gate.client()
      await client.post('/auth/password/forgot', { email: ada.email })
      const otp = await gate.longCode(ada)
      gate.clock.advance('31s')

      const again = await client.post('/auth/otp/resend')

      assert.deepEqual([again.status, again.body.otp.length], [200, 25])
      assert.equal(await gate.longCode(ada), otp)
    })
  })
}

describe('A-LOCK-01: wrong passwords', () => {
  it('never make a new device wait for more than 15 minutes, until there were a hundred in a row', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const stranger = gate.client()
    const guess = () => stranger.post('/auth/login', { email: ada.email, password: 'not the password' })
    const waits = new Set<number>()
    for (let compared = 0; compared < 100; ) {
      const reply = await guess()
      if (reply.status === 401) compared++
      else {
        assertProblem(reply, 429, 'rate_limited')
        const seconds = Number(reply.headers['retry-after'])
        waits.add(seconds)
        if (seconds > 900) break
        gate.clock.advance(seconds * 1_000)
      }
    }

    assert.deepEqual([...waits], [300, 600, 900])
    const { email, password } = ada
    gate.clock.advance('15m')
    const refused = await gate.client().post('/auth/login', { email, password })
    assert.equal(assertProblem(refused, 429, 'rate_limited').cause, 'passwords_of_address')
    assert.equal(refused.headers['retry-after'], '86400')
  })

  it('let the owner in from a new device as soon as the longest wait is over', async (t) => {
    const gate = await openGate(t, { engine: memory, quickPasswords: true })
    const ada = await gate.makeAccount()
    const stranger = gate.client()
    for (let hour = 0; hour < 4; hour++) {
      gate.clock.advance('1h')
      for (let n = 0; n < 60; n++) {
        await stranger.post('/auth/login', { email: ada.email, password: 'not the password' })
      }
    }
    gate.clock.advance('15m')

    await gate.enter(ada, gate.client())
  })
})

describe('A-LOCK-01: mails that strangers ask for', () => {
  it('take nothing of the owner, whose browser is known: each of its mails leaves at once', async (t) => {
    const gate = await openBehindProxy(t)
    const ada = await gate.makeAccount()
    const known = await gate.enter(ada)
    await flood(gate, ada.email, 60)
    const before = await resets(gate, ada)

    for (const nth of [1, 2, 3]) {
      assert.equal((await askFrom(known, 'home', ada)).status, 200)
      assert.equal(await resets(gate, ada), before + nth)
    }
    const reply = await known.post('/auth/password/reset', { otp: await gate.code(ada), newPassword })
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
  })

  it('are held down where the browser was known before a new password only', async (t) => {
    const gate = await openBehindProxy(t)
    const ada = await gate.makeAccount()
    const thief = await gate.enter(ada)
    const owner = await gate.enter(ada)
    gate.clock.advance('1s')
    const change = { currentPassword: ada.password, newPassword }
    assert.equal((await owner.post('/auth/password/change', change)).status, 200)
    await flood(gate, ada.email, 60)
    const before = await resets(gate, ada)

    for (let n = 0; n < 3; n++) assert.equal((await askFrom(thief, `thief ${n}`, ada)).status, 200)
    assert.equal(await resets(gate, ada), before)

    assert.equal((await askFrom(owner, 'home', ada)).status, 200)
    assert.equal(await resets(gate, ada), before + 1)
  })

  it('from one network leave half of the hour to everybody else', async (t) => {
    const gate = await openBehindProxy(t)
    const ada = await gate.makeAccount()
    const answers: string[] = []
    for (let n = 0; n < 15; n++) {
      const reply = await askFrom(gate.client(), 'one network', ada)
      answers.push(`${reply.status} ${reply.body.cause ?? ''}`)
      await passWindow(gate)
    }
    assert.deepEqual(answers, [...Array(6).fill('200 '), ...Array(9).fill('429 mail-address')])
    assert.equal(await resets(gate, ada), 6)

    assert.equal((await askFrom(gate.client(), 'home', ada)).status, 200)

    assert.equal(await resets(gate, ada), 7)
  })

  it("replace no mail that waits for somebody else's turn", async (t) => {
    const gate = await openBehindProxy(t)
    const ada = await gate.makeAccount()
    await flood(gate, ada.email, 3)
    const owner = gate.client()
    const asked = await askFrom(owner, 'home', ada)
    await flood(gate, ada.email, 5, 100)
    await passWindow(gate)

    const otp = await codeOf(gate, asked)
    const mailed = gate
      .sallyport()
      .inside.mail.inbox?.list(ada.email)
      .map(({ code }) => code)

    assert.ok(mailed?.includes(otp), `${otp} is not among ${mailed}`)
    assert.equal((await owner.post('/auth/password/reset', { otp, newPassword })).status, 200)
  })

  it('replace the one that waits from the same network', async (t) => {
    const gate = await openBehindProxy(t)
    const ada = await gate.makeAccount()
    await flood(gate, ada.email, 3)
    const hasty = gate.client()
    const early = await codeOf(gate, await askFrom(hasty, 'home', ada))
    const late = await codeOf(gate, await askFrom(hasty, 'home', ada))
    await passWindow(gate)

    const mailed =
      gate
        .sallyport()
        .inside.mail.inbox?.list(ada.email)
        .map(({ code }) => code) ?? []

    assert.deepEqual([mailed.length, mailed.includes(early), mailed.includes(late)], [4, false, true])
  })
})

/** Ten wrong codes of resets, which a stranger asks for. */
async function lockCodesOf(gate: TestGate, { email }: { email: string }): Promise<void> {
  const stranger = gate.client()
  let last: Response | undefined
  for (let asked = 0; asked < 2; asked++) {
    await stranger.post('/auth/password/forgot', { email })
    const right = await codeOf(gate, await stranger.get('/auth/session'))
    const otp = right === '123456' ? '654321' : '123456'
    for (let n = 0; n < 5; n++) last = await stranger.post('/auth/password/reset', { otp, newPassword })
  }
  assertProblem(last as Response, 429, 'otp_locked')
  gate.clock.advance('1m')
  await gate.sallyport().inside.mail.idle()
}

/** What a stranger sees of it, without ids and addresses. */
function viewOf({ status, body }: Response) {
  const { sessionId: _id, instance: _flow, inspect: _inspect, ...rest } = body
  return { status, ...rest, otp: { ...body.otp, destination: '' } }
}

async function locks(gate: TestGate, account: TestAccount): Promise<string[]> {
  return (await gate.mailsTo(account)).filter((subject) => subject.startsWith('Too many wrong'))
}

/** Derived as the server derives it, whether it was mailed or not. */
async function codeOf(gate: TestGate, { body }: Response): Promise<string> {
  const { stores, emailOtp } = gate.sallyport().inside.gate
  const session = await stores.read.sessions.find(body.sessionId)
  return emailOtp.codeOf(session?.challengeId ?? '')
}

function openBehindProxy(t: Parameters<typeof openGate>[0]): Promise<TestGate> {
  return openGate(t, {
    engine: memory,
    quickPasswords: true,
    env: { RATE_LIMITS: 'on', TRUST_PROXY: '1' },
  })
}

/** Each from a network and a wide network of its own. */
async function flood(gate: TestGate, email: string, count: number, first = 0): Promise<void> {
  for (let n = first; n < first + count; n++) {
    const headers = { 'X-Forwarded-For': sourceOf(n) }
    const reply = await gate.client().post('/auth/password/forgot', { email }, { headers })
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
    if (count > 5) await passWindow(gate)
  }
}

const networks = new Map<string, string>()

/** The same network each time for the same name. */
function askFrom(client: Client, network: string, { email }: TestAccount): Promise<Response> {
  const address = networks.get(network) ?? `172.16.${networks.size}.1`
  networks.set(network, address)
  return client.post('/auth/password/forgot', { email }, { headers: { 'X-Forwarded-For': address } })
}

/** OTP_RESEND_AFTER: what waited leaves. */
async function passWindow(gate: TestGate): Promise<void> {
  const { mail } = gate.sallyport().inside
  await mail.idle()
  gate.clock.advance('30s')
  mail.wake()
  await mail.idle()
}

async function resets(gate: TestGate, account: TestAccount): Promise<number> {
  return (await gate.mailsTo(account)).filter((subject) => /^\d{6} resets/.test(subject)).length
}
