/** The endpoints of /_dev: the stream, the clock, the lessons, the inbox, what the server holds (ux.md 3.2). */
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { describe, it } from 'node:test'
import { effectiveSettings } from '../../src/config/effective.ts'
import { describeConfig } from '../../src/inspector/state.ts'
import { lessonNames } from '../../src/inspector/wire.ts'
import { assertProblem, openGate, sessionSecret, type TestGate } from '../support/gate.ts'
import { eventually } from '../support/services.ts'

const password = 'a password of the lessons'

describe('the stream', () => {
  it('tells of each flow as it changes, and goes on where it was cut off', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const first = await listen(gate)
    await gate.logIn(ada)
    await eventually(() => (first.events('flow').length > 0 ? true : undefined), { withinMs: 3_000 })
    first.close()
    const seen = first.lastId()

    await gate.logIn(await gate.makeAccount('bea@example.test'))
    await gate.client().get('/_dev/flows')
    const second = await listen(gate, seen)
    await eventually(() => (second.events('flow').length > 0 ? true : undefined), { withinMs: 3_000 })

    assert.deepEqual(second.events('reset'), [])
    assert.deepEqual(
      second.events('flow').map(({ address }) => address),
      ['b••a@example.test'],
    )
    second.close()
  })

  it('begins anew for a client of another run, and after a clear', async (t) => {
    const gate = await openGate(t)
    const first = await listen(gate)
    await gate.logIn(await gate.makeAccount())
    await eventually(() => (first.events('flow').length > 0 ? true : undefined), { withinMs: 3_000 })
    await gate.client().delete('/_dev/flows')
    for (const id of ['deadbeef-3', 'nonsense', first.lastId() as string]) {
      const stream = await listen(gate, id)
      await eventually(() => (stream.events('reset').length > 0 ? true : undefined), { withinMs: 3_000 })
      assert.deepEqual(stream.events('flow'), [])
      stream.close()
    }
    first.close()
  })

  it('ends with the server, so that no drain waits for it', async (t) => {
    const gate = await openGate(t)
    const stream = await listen(gate)
    gate.sallyport().inside.tools?.hangUp()
    await stream.ended
    const late = await gate.client().get('/_dev/events')
    assert.equal(late.status, 503)
  })
})

describe('the clock', () => {
  it('moves forward, and everything that expires follows it', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const token = await gate.accessToken(client)
    const waiting = await gate.logIn(ada)
    const code = await gate.code(ada)

    const moved = await client.post('/_dev/clock', { advance: '11m' })

    assert.deepEqual(moved.body, { now: '2026-01-01T00:11:00.000Z', aheadMs: 660_000, ahead: '11 min' })
    assert.deepEqual((await client.get('/_dev/clock')).body, moved.body)
    assertProblem(await client.get('/auth/protected', { bearer: token }), 401, 'token_expired')
    assertProblem(await waiting.post('/auth/verify-otp', { otp: code }), 401, 'otp_expired')
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
    await client.post('/_dev/clock', { advance: '25h' })
    assert.equal((await client.get('/auth/session')).body.endedBecause, 'idle')
  })

  it('rotates the signing keys when their quarter of a year is over', async (t) => {
    const gate = await openGate(t)
    const keys = async () => (await gate.client().get('/.well-known/jwks.json')).body.keys.length
    assert.equal(await keys(), 1)
    await gate.client().post('/_dev/clock', { advance: '91d' })
    assert.equal(await keys(), 2)
  })

  it('ends what was limited', async (t) => {
    const gate = await openGate(t, { env: { RATE_LIMITS: 'on' } })
    const ada = await gate.makeAccount()
    const client = gate.client()
    const attempt = () => client.post('/auth/login', { email: ada.email, password: 'wrong' })
    while ((await attempt()).status !== 429);
    await client.post('/_dev/clock', { advance: '1h' })
    assert.equal((await attempt()).status, 401)
  })

  it('never goes back', async (t) => {
    const gate = await openGate(t)
    const client = gate.client()
    for (const body of [
      { advance: '-5m' },
      { advance: '0s' },
      { advance: 60_000 },
      { advance: '99999999d' },
      {},
    ])
      assertProblem(await client.post('/_dev/clock', body), 400, 'invalid_request')
    assert.equal((await client.delete('/_dev/clock')).status, 404)
    assert.equal((await client.get('/_dev/clock')).body.aheadMs, 0)
  })
})

describe('the lessons', () => {
  for (const lesson of lessonNames) {
    it(`${lesson}: goes as it should, and leaves its flow`, async (t) => {
      const gate = await openGate(t)
      await gate.makeAccount('test@test.com', password)
      const client = gate.client()

      const { status, body } = await client.post('/_dev/try', { lesson, password })

      assert.equal(status, 200, JSON.stringify(body))
      assert.ok(body.isAsExpected, JSON.stringify(body.steps))
      const flow = (await client.get(`/_dev/flows/${body.flowId}`)).body
      assert.equal(flow.client, `Lesson: ${lesson.replaceAll('-', ' ')}`)
      const last = body.steps.at(-1)
      if (last.status >= 400) assert.ok(last.cause && last.fix, JSON.stringify(last))
    })
  }

  it('say so when an answer is another, and there is none of another name', async (t) => {
    const gate = await openGate(t)
    const client = gate.client()
    const { body } = await client.post('/_dev/try', {
      lesson: 'wrong-code',
      email: 'nobody@example.test',
      password,
    })
    assert.deepEqual(
      [body.isAsExpected, body.steps.length, body.steps[0].code],
      [false, 1, 'invalid_credentials'],
    )
    assertProblem(await client.post('/_dev/try', { lesson: '__proto__' }), 400, 'invalid_request')
  })
})

describe('the mails', () => {
  it('are shown whole, each in a frame that can do nothing', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.logIn(ada)
    const code = await gate.code(ada)
    const client = gate.client()
    const [mail] = (await client.get('/_dev/mails')).body.mails
    assert.equal(mail.code, code)
    const whole = (await client.get(`/_dev/mails/${mail.id}`)).body
    assert.ok(whole.text.includes(code) && whole.raw.includes('Subject: '))
    const frame = await client.get(`/_dev/mails/${mail.id}/html`)
    assert.match(String(frame.headers['content-security-policy']), /^sandbox; default-src 'none'/)
    assert.ok(frame.body.includes(code))
    assertProblem(
      await client.get(`/_dev/mails/${mail.id.replace(/./, '0').replace(/.$/, '0')}`),
      404,
      'not_found',
    )
  })
})

describe('what the server holds', () => {
  it('is told without a secret', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.enter(ada)
    const { body } = await gate.client().get('/_dev/state')
    assert.deepEqual(
      body.users.shown.map(({ email, sessions }: { email: string; sessions: number }) => [email, sessions]),
      [['a••a@example.test', 1]],
    )
    assert.equal(body.sessions.length, 1)
    assert.deepEqual(
      body.keys.map(({ state }: { state: string }) => state),
      ['signs'],
    )
    assert.ok(body.mail.sent > 0)
    assert.doesNotMatch(JSON.stringify(body), /secret|hash|argon|sealed/i)
  })

  it('holds what was noticed around it', async (t) => {
    const gate = await openGate(t)
    const client = gate.client()
    assert.deepEqual((await client.get('/_dev/state')).body.notices, [])

    const headers = { 'X-Forwarded-For': '203.0.113.9' }
    await client.post('/auth/login', { email: 'a@example.test', password: 'x' }, { headers })

    const [notice, ...more] = (await client.get('/_dev/state')).body.notices
    assert.match(notice, /sends X-Forwarded-For and TRUST_PROXY does not trust it/)
    assert.deepEqual(more, [])
  })

  it('names each setting with its source, and what production would say', async (t) => {
    const gate = await openGate(t)
    assert.equal((await gate.client().get('/_dev/config')).body.isKnown, true)
    assert.equal(describeConfig({ effective: undefined }).isKnown, false)
    const env = { DATABASE_URL: 'postgres://me:canary-of-the-url@localhost/x', SESSION_SECRET: sessionSecret }
    const config = describeConfig({ effective: () => effectiveSettings(env, 'OTP_TTL=5m', 'development') })
    const named = (name: string) => config.settings.find((setting) => setting.name === name)
    assert.deepEqual(
      [named('SESSION_SECRET')?.value, named('SESSION_SECRET')?.source],
      ['set', 'environment'],
    )
    assert.deepEqual([named('OTP_TTL')?.value, named('OTP_TTL')?.source], ['5m', '.env'])
    assert.equal(named('DATABASE_URL')?.value, 'set')
    assert.match(named('SMTP_URL')?.production ?? '', /missing/)
    assert.doesNotMatch(JSON.stringify(config), /canary|of-the-tests/)
  })
})

type Listening = {
  // biome-ignore lint/suspicious/noExplicitAny: assertions on what was told read better without a cast
  events(name: string): any[]
  lastId(): string | undefined
  ended: Promise<void>
  close(): void
}

function listen(gate: TestGate, lastId?: string): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
    const outgoing = httpRequest(`${gate.url}/_dev/events`, { headers, agent: false })
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => {
      let text = ''
      incoming.on('data', (chunk) => {
        text += chunk
      })
      incoming.on('error', () => {})
      const blocks = () => text.split('\n\n').slice(0, -1)
      const ended = new Promise<void>((end) => incoming.once('close', end))
      resolve({
        events: (name) =>
          blocks()
            .filter((block) => block.includes(`event: ${name}\n`))
            .map((block) => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null')),
        lastId: () => /^id: (.*)$/m.exec(blocks().findLast((block) => block.includes('id: ')) ?? '')?.[1],
        ended,
        close: () => void outgoing.destroy(),
      })
    })
    outgoing.end()
  })
}
