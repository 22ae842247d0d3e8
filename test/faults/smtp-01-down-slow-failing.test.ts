/**
 * F-SMTP-01 to F-SMTP-03: the mail server is down, slow, refuses or hangs. A login answers as ever, in the same time; its code
 * arrives later, is the same, and works.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { embedded } from '../support/engines.ts'
import { type Installation, openInstallation, outcomeOf, type TestAccount } from '../support/processes.ts'
import type { SmtpFault } from '../support/smtp-faults.ts'
import { codeIn } from '../support/smtp-sink.ts'

const answer = {
  message: 'OTP sent',
  next: 'verify-otp',
  methods: ['email'],
  otp: {
    channel: 'email',
    destination: 'u•••1@example.test',
    length: 6,
    expiresIn: 600,
    resendIn: 30,
    attemptsLeft: 5,
  },
}

async function logIn(place: Installation, { email, password }: TestAccount) {
  const client = place.client()
  const startedAt = performance.now()
  const reply = await client.post('/auth/login', { email, password })
  const tookMs = performance.now() - startedAt
  const { sessionId, otp, ...rest } = reply.body
  assert.deepEqual({ ...rest, otp: { ...otp, destination: answer.otp.destination } }, answer)
  assert.ok(tookMs < 1_500, `${tookMs} ms`)
  return { client, code: await place.codeOf(sessionId) }
}

describe('mail server in trouble', () => {
  it('F-SMTP-01: down at the start and during logins: the codes arrive when it is back', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const ada = await place.makeAccount()
    await place.sink.stop()
    await place.servers[0]?.stop()
    await place.restart()
    const logins = [await logIn(place, ada), await logIn(place, ada)]
    await sleep(1_000)
    await place.sink.start()
    const mailed = [1, 2].map(async () => codeIn(await place.sink.waitForMail({ to: ada.email }, 10_000)))
    assert.deepEqual((await Promise.all(mailed)).sort(), logins.map(({ code }) => code).sort())
    for (const { client, code } of logins) {
      assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
    }
  })

  const faults: [string, SmtpFault[]][] = [
    ['451 to the sender, twice', [{ at: 'mail', reply: 451, times: 2 }]],
    ['450 to the recipient', [{ at: 'rcpt', reply: 450 }]],
    ['421 at the greeting', [{ at: 'connect', reply: 421 }]],
    ['452 after the message', [{ at: 'data', reply: 452 }]],
    ['a connection that drops at the recipient', [{ at: 'rcpt', reply: 'drop' }]],
    ['a greeting after two seconds', [{ at: 'connect', delayMs: 2_000 }]],
    ['an answer to the message after two seconds', [{ at: 'data', delayMs: 2_000 }]],
    ['no greeting at all, once', [{ at: 'connect', reply: 'hang' }]],
  ]
  for (const [name, faultsOfSink] of faults) {
    it(`F-SMTP-01: ${name}: the login does not notice, the code arrives`, async (t) => {
      const place = await openInstallation(t, { engine: embedded })
      const ada = await place.makeAccount()
      place.sink.script(faultsOfSink)
      const { client, code } = await logIn(place, ada)
      assert.equal(codeIn(await place.sink.waitForMail({ to: ada.email }, 12_000)), code)
      assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
    })
  }

  it('F-SMTP-01: a mail that hangs holds no other mail up', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const [ada, bob] = [
      await place.makeAccount('ada@example.test'),
      await place.makeAccount('bob@example.test'),
    ]
    place.sink.script([{ at: 'data', reply: 'hang' }])
    await logIn(place, ada)
    await sleep(300)
    const { code } = await logIn(place, bob)
    assert.equal(codeIn(await place.sink.waitForMail({ to: bob.email }, 3_000)), code)
    // A server that hangs must not hold the process either.
    assert.equal(await place.servers[0]?.stop(), 0)
  })

  it('F-SMTP-01: 550 to the recipient: the login answers as for any other, and nothing is tried again', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const ada = await place.makeAccount()
    place.sink.script([{ at: 'rcpt', reply: 550 }])
    await logIn(place, ada)
    await sleep(2_500)
    assert.deepEqual(place.sink.mails, [])
  })

  it('F-SMTP-02: the connection drops after the message: it is mailed twice at most, with the same code', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const ada = await place.makeAccount()
    place.sink.script([{ at: 'data', reply: 'drop' }])
    const { code } = await logIn(place, ada)
    await place.sink.waitForMail({ to: ada.email })
    await place.sink.waitForMail({ to: ada.email }, 8_000)
    assert.deepEqual(
      place.sink.mails.map((mail) => codeIn(mail)),
      [code, code],
    )
  })

  it('F-SMTP-02: kill -9 between the commit and the mail: the next process sends it', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const ada = await place.makeAccount()
    await place.sink.stop()
    const { client, code } = await logIn(place, ada)
    // One attempt has failed. A mail that is under way at the kill is due when its lease of a minute ends.
    await sleep(500)
    await place.servers[0]?.kill9()
    await place.sink.start()
    await place.restart()
    assert.equal(codeIn(await place.sink.waitForMail({ to: ada.email }, 5_000)), code)
    assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
  })

  it('F-SMTP-03: the code of a login that was replaced is refused; the newer one works whichever mail comes first', async (t) => {
    const place = await openInstallation(t, { engine: embedded })
    const ada = await place.makeAccount()
    place.sink.script([{ at: 'rcpt', reply: 451 }])
    const first = await logIn(place, ada)
    await sleep(100)
    const client = first.client
    const { code } = await place.logIn(ada, client)
    const codes = [1, 2].map(async () => codeIn(await place.sink.waitForMail({ to: ada.email }, 8_000)))
    assert.deepEqual((await Promise.all(codes)).sort(), [first.code, code].sort())
    assert.equal(outcomeOf(await client.post('/auth/verify-otp', { otp: first.code })), '401 otp_invalid')
    assert.equal((await client.post('/auth/verify-otp', { otp: code })).status, 200)
  })
})
