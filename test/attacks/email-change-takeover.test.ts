/**
 * A thief in a session of the owner moves the account to an address of their own. Whatever they do and however fast, the owner takes
 * it back with the code that the old address got, and nothing of theirs moves it again (ASVS 6.3.7, 7.4.1, A-RST-02).
 */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { engines, postgres } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'
import { cookieOf, outcomeOf } from '../support/processes.ts'
import { race } from '../support/race.ts'

const [firstEmail, secondEmail] = ['first@thief.test', 'second@thief.test']
const newPassword = 'seven horses in the rain'

describe('a takeover by a change of address, at the same moment', { skip: postgres.missing() }, () => {
  for (const first of ['the undo', 'the confirmation'] as const) {
    it(`${first} comes first by a hair: no undo code of the thief is alive`, async (t) => {
      const gate = await openGate(t, { engine: postgres, quickPasswords: true })
      for (let round = 0; round < 5; round++) {
        const { ada, thief, undo, otp } = await openTakeover(gate, round)
        const lock = await holdAccount(gate, ada)
        const acts = [
          () => gate.client().post('/auth/email/undo', { code: undo }),
          () => thief.post('/auth/email/confirm', { otp }),
        ]
        if (first === 'the confirmation') acts.reverse()
        const replies = []
        for (const act of acts) {
          replies.push(act())
          await sleep(100)
        }

        await lock.release()

        if (first === 'the confirmation') replies.reverse()
        const [undone, confirmed] = await Promise.all(replies)
        assert.equal(undone?.status, 200, JSON.stringify(undone?.body))
        await assertOwners(gate, ada, thief, `${first}, ${confirmed?.status}`)
      }
    })
  }

  it('20 times without anything between them', async (t) => {
    const gate = await openGate(t, { engine: postgres, quickPasswords: true })
    for (let round = 0; round < 20; round++) {
      const { ada, thief, undo, otp } = await openTakeover(gate, round)
      const post = (path: string, body: unknown, headers = {}) => ({ method: 'POST', path, body, headers })
      const requests = [
        post('/auth/email/undo', { code: undo }),
        post('/auth/email/confirm', { otp }, { cookie: cookieOf(thief) }),
      ]

      const replies = await race(round % 2 ? requests.reverse() : requests, gate.port)

      const outcomes = replies.map(outcomeOf).join(', ')
      assert.match(outcomes, /200/)
      await assertOwners(gate, ada, thief, outcomes)
    }
  })
})

for (const engine of engines) {
  describe(`a takeover by a change of address, ${engine.name}`, { skip: engine.missing() }, () => {
    it('in two steps, the clock set back between them: the first undo takes back both', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const thief = await gate.enter(ada)
      await moveTo(gate, thief, firstEmail)
      const ownersUndo = await gate.longCode(ada)
      gate.clock.advance(-30_000)
      await moveTo(gate, thief, secondEmail)
      const thiefsUndo = await gate.longCode({ email: firstEmail })

      assert.equal((await gate.client().post('/auth/email/undo', { code: ownersUndo })).status, 200)

      const late = await gate.client().post('/auth/email/undo', { code: thiefsUndo })
      assertProblem(late, 401, 'mailed_code_invalid')
      assert.equal(await emailOf(gate, ada), ada.email)
    })

    it("in two steps, the clock set back between them: the thief's undo leaves the owner's alive", async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const thief = await gate.enter(ada)
      await moveTo(gate, thief, firstEmail)
      const ownersUndo = await gate.longCode(ada)
      gate.clock.advance(-30_000)
      await moveTo(gate, thief, secondEmail)
      const thiefsUndo = await gate.longCode({ email: firstEmail })

      assert.equal((await gate.client().post('/auth/email/undo', { code: thiefsUndo })).status, 200)

      assert.equal(await emailOf(gate, ada), firstEmail)
      gate.clock.advance('30s')
      assert.equal((await gate.client().post('/auth/email/undo', { code: ownersUndo })).status, 200)
      assert.equal(await emailOf(gate, ada), ada.email)
      await gate.enter(ada)
    })

    it('with a code that arrives after the owner has ended the session moves nothing', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const owner = await gate.enter(ada)
      const thief = await gate.enter(ada)
      await thief.post('/auth/email/change', { newEmail: firstEmail })
      const body = { otp: await gate.code({ email: firstEmail }) }
      const confirming = await sendHead(gate, thief, 'POST', '/auth/email/confirm', body)

      assert.equal((await owner.delete('/auth/sessions')).status, 204)

      assert.equal(await confirming.finish(), '401 session_ended')
      assert.equal(await emailOf(gate, ada), ada.email)
      assert.equal((await owner.get('/auth/session')).body.stage, 'verified')
      assert.deepEqual(
        (await gate.mailsTo(ada)).filter((subject) => /address/.test(subject)),
        [],
      )
    })

    it('leaves the thief no cookie of before: the one that confirms gets another', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const { sessionId } = (await client.get('/auth/session')).body
      await client.post('/auth/email/change', { newEmail: firstEmail })
      const copied = client.clone()

      const reply = await client.post('/auth/email/confirm', { otp: await gate.code({ email: firstEmail }) })

      assert.equal(reply.status, 200)
      assert.notEqual(client.cookies.get('sallyport.sid'), copied.cookies.get('sallyport.sid'))
      const session = (await client.get('/auth/session')).body
      assert.deepEqual([session.stage, session.sessionId], ['verified', sessionId])
      assert.equal((await copied.get('/auth/session')).body.stage, 'anonymous')
      assertProblem(await copied.post('/auth/token'), 401, 'session_missing')
    })

    it('is not helped by a reset that the old address was asked for before', async (t) => {
      const gate = await openGate(t, { engine, quickPasswords: true })
      const ada = await gate.makeAccount()
      const owner = await gate.enter(ada)
      const resetting = gate.client()
      await resetting.post('/auth/password/forgot', { email: ada.email })
      const otp = await gate.code(ada)
      await moveTo(gate, owner, firstEmail)

      const reply = await resetting.post('/auth/password/reset', { otp, newPassword })

      assertProblem(reply, 401, 'session_ended')
      await gate.enter({ ...ada, email: firstEmail })
    })
  })
}

describe('a takeover of an account, while it is held', { skip: postgres.missing() }, () => {
  it('by a reset that the old address asked for while the change was confirmed is refused', async (t) => {
    const gate = await openGate(t, { engine: postgres, quickPasswords: true })
    const ada = await gate.makeAccount()
    const owner = await gate.enter(ada)
    await owner.post('/auth/email/change', { newEmail: firstEmail })
    const confirmation = { otp: await gate.code({ email: firstEmail }) }
    const lock = await holdAccount(gate, ada)
    const confirmed = owner.post('/auth/email/confirm', confirmation)
    await sleep(200)
    const resetting = gate.client()
    const asked = resetting.post('/auth/password/forgot', { email: ada.email })
    await sleep(200)
    await lock.release()
    assert.deepEqual([(await confirmed).status, (await asked).status], [200, 200])

    const otp = await codeOf(gate, (await asked).body.sessionId)
    const reply = await resetting.post('/auth/password/reset', { otp, newPassword })

    assertProblem(reply, 401, 'session_ended')
    assert.equal((await owner.get('/auth/session')).body.stage, 'verified')
    await gate.enter({ ...ada, email: firstEmail })
  })

  it('by its deletion is refused once the owner has ended the session', async (t) => {
    const gate = await openGate(t, { engine: postgres, quickPasswords: true })
    const ada = await gate.makeAccount()
    const owner = await gate.enter(ada)
    const thief = await gate.enter(ada)
    const lock = await holdAccount(gate, ada)
    const deleting = thief.delete('/auth/account')
    await sleep(200)
    assert.equal((await owner.delete('/auth/sessions')).status, 204)

    await lock.release()

    assert.equal(assertProblem(await deleting, 401, 'session_ended').reason, 'revoked')
    assert.equal((await owner.get('/auth/session')).body.user.id, ada.id)
    await gate.enter(ada)
  })
})

/** The thief has moved the account once, and has the code that moves it further. */
async function openTakeover(gate: TestGate, round: number) {
  const ada = await gate.makeAccount(`ada${round}@example.test`)
  const thief = await gate.enter(ada)
  const [first, second] = [`first${round}@thief.test`, `second${round}@thief.test`]
  await moveTo(gate, thief, first)
  const undo = await gate.longCode(ada)
  await thief.post('/auth/email/change', { newEmail: second })
  return { ada, thief, undo, otp: await gate.code({ email: second }) }
}

/** The account is at its owner's address, the thief's session is dead, and no code that they have moves the account again. */
async function assertOwners(gate: TestGate, ada: TestAccount, thief: Client, how: string): Promise<void> {
  assert.equal(await emailOf(gate, ada), ada.email, how)
  assert.equal((await thief.get('/auth/session')).body.stage, 'anonymous', how)
  const { inbox, idle } = gate.sallyport().inside.mail
  await idle()
  const round = ada.email.replace(/\D/g, '')
  const mails = ['first', 'second'].flatMap((name) => inbox?.list(`${name}${round}@thief.test`) ?? [])
  for (const { code = '' } of mails.filter((mail) => mail.code?.includes('-'))) {
    const reply = await gate.client().post('/auth/email/undo', { code })
    assertProblem(reply, 401, 'mailed_code_invalid')
  }
  assert.equal(await emailOf(gate, ada), ada.email, how)
}

async function moveTo(gate: TestGate, client: Client, email: string): Promise<void> {
  const asked = await client.post('/auth/email/change', { newEmail: email })
  assert.equal(asked.status, 200, JSON.stringify(asked.body))
  const confirmed = await client.post('/auth/email/confirm', { otp: await gate.code({ email }) })
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
}

async function emailOf(gate: TestGate, { id }: TestAccount): Promise<string | undefined> {
  return (await gate.sallyport().inside.gate.stores.read.accounts.find(id))?.email
}

/** Derived as the server derives it, whether it was mailed or not. */
async function codeOf(gate: TestGate, sessionId: string): Promise<string> {
  const { stores, emailOtp } = gate.sallyport().inside.gate
  const session = await stores.read.sessions.find(sessionId)
  return emailOtp.codeOf(session?.challengeId ?? '')
}

/** As another server would for as long as one of its own acts takes. */
async function holdAccount(gate: TestGate, { id }: TestAccount): Promise<{ release(): Promise<void> }> {
  const { database } = gate.settings
  assert.equal(database.kind, 'postgres')
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('begin')
  await client.query('select 1 from accounts where id = $1 for update', [id])
  return {
    async release() {
      await client.query('commit')
      await client.end()
    },
  }
}

/** A request whose head the server has and whose body is on its way for as long as its sender likes. */
async function sendHead(gate: TestGate, client: Client, method: string, path: string, body: unknown) {
  const text = JSON.stringify(body)
  const sending = request(`${gate.url}${path}`, {
    method,
    headers: {
      cookie: cookieOf(client),
      'content-type': 'application/json',
      'content-length': text.length,
      expect: '100-continue',
    },
  })
  const answer = new Promise<string>((resolve, reject) => {
    sending.once('error', reject)
    sending.once('response', async (reply) => {
      const received = (await reply.toArray()).join('')
      resolve(outcomeOf({ status: reply.statusCode ?? 0, body: JSON.parse(received) }))
    })
  })
  await new Promise((resolve) => sending.once('continue', resolve).flushHeaders())
  // Long enough for its session to be read, and admitted.
  await sleep(200)
  return {
    finish(): Promise<string> {
      sending.end(text)
      return answer
    },
  }
}
