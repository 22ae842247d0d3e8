/** A-OTP-02: somebody has the password, and guesses across new logins, resends and sources (AuthQuake). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate, wrongCode } from '../support/gate.ts'

/** Logs in from another source each time and guesses four times. Gives the codes of the answers. */
async function guess(gate: TestGate, ada: TestAccount, source: number, tries = 4): Promise<string[]> {
  const client = gate.client()
  const headers = { 'X-Forwarded-For': `198.51.100.${source % 250}` }
  const login = await client.post('/auth/login', { email: ada.email, password: ada.password }, { headers })
  if (login.status !== 200) return [login.body.code]
  const otp = wrongCode(await gate.code(ada))
  const answers: string[] = []
  for (let n = 0; n < tries; n++) {
    if (n === 2) await client.post('/auth/otp/resend', undefined, { headers })
    answers.push((await client.post('/auth/verify-otp', { otp }, { headers })).body.code)
  }
  return answers
}

const compared = (answers: string[]) => answers.filter((code) => code === 'otp_invalid').length
const env = { TRUST_PROXY: '1', RATE_LIMITS: 'on' }
/** Rate limits count in real time, which stands still here while the years go by. */
const patient = { TRUST_PROXY: '1' }

for (const engine of deployments) {
  describe(`A-OTP-02: guessing across logins, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is locked out by the tenth wrong code, whatever the source, and the owner is told', async (t) => {
      const gate = await openGate(t, { engine, env, quickPasswords: true })
      const ada = await gate.makeAccount()
      const waiting = await gate.logIn(ada)
      const right = await gate.code(ada)

      const answers: string[] = []
      for (let n = 0; n < 6; n++) answers.push(...(await guess(gate, ada, n)))

      assert.equal(compared(answers), 9)
      assert.ok(
        answers.slice(9).every((code) => code === 'otp_locked'),
        answers.join(),
      )
      // A login that was open before, its right code and its resend wait as well.
      const refused = await waiting.post('/auth/verify-otp', { otp: right })
      assertProblem(refused, 429, 'otp_locked')
      assert.equal(refused.headers['retry-after'], '900')
      assertProblem(await waiting.post('/auth/otp/resend'), 429, 'otp_locked')
      const subjects = await gate.mailsTo(ada)
      assert.equal(subjects.filter((each) => each.startsWith('Too many wrong codes')).length, 1)

      await gate.restart()
      assertProblem(await waiting.post('/auth/verify-otp', { otp: right }), 429, 'otp_locked')
    })
  })
}

describe('A-OTP-02: the lock', () => {
  it('is 15 minutes, then 24 hours, then twice as long each time', async (t) => {
    const gate = await openGate(t, { env: patient, quickPasswords: true })
    const ada = await gate.makeAccount()
    const lockedForSeconds: number[] = []
    let source = 0

    while (lockedForSeconds.length < 4) {
      while (!(await guess(gate, ada, source++, 5)).includes('otp_locked'));
      const client = gate.client()
      const login = await client.post('/auth/login', { email: ada.email, password: ada.password })
      const seconds = Number(login.headers['retry-after'])
      lockedForSeconds.push(seconds)
      gate.clock.advance(seconds * 1_000 - 1)
      const early = await client.post('/auth/login', { email: ada.email, password: ada.password })
      assert.notEqual(early.status, 200)
      gate.clock.advance(1)
    }

    assert.deepEqual(lockedForSeconds, [900, 86_400, 172_800, 345_600])
    await gate.enter(ada)
  })

  it('is cleared by a success of the owner, and the row of failures with it', async (t) => {
    const gate = await openGate(t, { env: patient, quickPasswords: true })
    const ada = await gate.makeAccount()
    for (let n = 0; n < 3; n++) await guess(gate, ada, n)
    gate.clock.advance('15m')
    await gate.enter(ada)

    const answers: string[] = []
    for (let n = 0; n < 3; n++) answers.push(...(await guess(gate, ada, n)))

    assert.equal(compared(answers), 9)
    const login = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })
    assert.equal(login.headers['retry-after'], '900')
  })

  it('bounds a year of patient guessing', async (t) => {
    const gate = await openGate(t, { env: patient, quickPasswords: true })
    const ada = await gate.makeAccount()
    const end = gate.clock.now() + 365 * 86_400_000
    let comparisons = 0

    for (let source = 0; gate.clock.now() < end; source++) {
      comparisons += compared(await guess(gate, ada, source, 5))
      const login = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })
      const wait = Number(login.headers['retry-after'] ?? 0)
      if (login.status === 429) gate.clock.advance(wait * 1_000)
    }

    assert.ok(comparisons <= 60, `${comparisons} codes were compared`)
  })

  it('bounds it too while the owner logs in every day, which would refill a simple counter', async (t) => {
    const gate = await openGate(t, { env: patient, quickPasswords: true })
    const ada = await gate.makeAccount()
    let comparisons = 0

    for (let day = 0; day < 50; day++) {
      comparisons += compared(await guess(gate, ada, day, 4)) + compared(await guess(gate, ada, day, 4))
      const login = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })
      if (login.status === 200) await gate.enter(ada)
      gate.clock.advance('1d')
    }

    // 300 in a year at most: 0.06 % for six digits, with the year that touches two windows (contract 5).
    assert.ok(comparisons < 300 && comparisons > 200, `${comparisons} codes were compared`)
    const login = await gate.client().post('/auth/login', { email: ada.email, password: ada.password })
    assert.notEqual(login.status, 200)
    await gate.unlock(ada)
    await gate.enter(ada)
  })
})

const newPassword = 'seven horses in the rain'

/** What strangers can have codes sent for, and where those are tried. */
const strangersDoors = {
  reset: { ask: '/auth/password/forgot', guess: '/auth/password/reset' },
  registration: { ask: '/auth/register', guess: '/auth/verify-otp' },
}

for (const engine of deployments) {
  describe(`A-OTP-02: guessing across resets and registrations, ${engine.name}`, {
    skip: engine.missing(),
  }, () => {
    it('is one budget of the address over all sessions and sources, apart from that of logins', async (t) => {
      const gate = await openGate(t, { engine, env: patient, quickPasswords: true })
      const ada = await gate.makeAccount()
      const answers: string[] = []
      const sessions = []
      for (let source = 0; source < 4; source++) {
        for (const door of Object.values(strangersDoors)) {
          const headers = { 'X-Forwarded-For': `198.51.100.${source}` }
          const client = gate.client()
          const asked = await client.post(door.ask, { email: ada.email, password: newPassword }, { headers })
          sessions.push({
            client,
            headers,
            door,
            otp: wrongCode(await rightCode(gate, asked.body.sessionId)),
          })
        }
      }

      for (const { client, headers, door, otp } of sessions) {
        for (let n = 0; n < 3; n++) {
          const reply = await client.post(door.guess, { otp, newPassword }, { headers })
          answers.push(reply.body.code)
        }
      }

      assert.equal(compared(answers), 9)
      assert.ok(answers.slice(9).every((code) => code === 'otp_locked'))
      const subjects = await gate.mailsTo(ada)
      assert.equal(subjects.filter((each) => each.startsWith('Too many wrong codes')).length, 1)
      // A right code that was sent before is not compared either, after a restart neither.
      await gate.restart()
      const last = sessions.findLast(({ door }) => door === strangersDoors.reset) as (typeof sessions)[number]
      const { body } = await last.client.get('/auth/session')
      const right = { otp: await rightCode(gate, body.sessionId), newPassword }
      assertProblem(await last.client.post('/auth/password/reset', right), 429, 'otp_locked')
      // The codes of logins are another matter (D5).
      await gate.enter(ada)
    })
  })
}

async function rightCode(gate: TestGate, sessionId: string): Promise<string> {
  const { stores, emailOtp } = gate.sallyport().inside.gate
  const session = await stores.read.sessions.find(sessionId)
  return emailOtp.codeOf(session?.challengeId ?? '')
}

describe('A-OTP-02: an address whose codes are locked', () => {
  it('is asked for long codes, which nobody guesses and which lock nobody out', async (t) => {
    const gate = await openGate(t, { env: patient, quickPasswords: true })
    const ada = await gate.makeAccount()
    const guesser = gate.client()
    for (let session = 0; session < 2; session++) {
      const asked = await guesser.post('/auth/password/forgot', { email: ada.email })
      const otp = wrongCode(await rightCode(gate, asked.body.sessionId))
      for (let n = 0; n < 5; n++) await guesser.post('/auth/password/reset', { otp, newPassword })
    }
    gate.clock.advance('31s')

    const owner = gate.client()
    const asked = await owner.post('/auth/password/forgot', { email: ada.email })

    assert.equal(asked.body.otp.length, 25)
    // The digits that the same challenge would have had are no code.
    const digits = { otp: await rightCode(gate, asked.body.sessionId), newPassword }
    assertProblem(await owner.post('/auth/password/reset', digits), 400, 'invalid_request')
    const wrong = { otp: 'AAAAA-AAAAA-AAAAA-AAAAA-AAAAA', newPassword }
    assertProblem(await owner.post('/auth/password/reset', wrong), 401, 'otp_invalid')
    const reset = { otp: await gate.longCode(ada), newPassword }
    assert.equal((await owner.post('/auth/password/reset', reset)).status, 200)
    await gate.enter({ ...ada, password: newPassword })
  })
})
