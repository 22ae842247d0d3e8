/** liveness 'session' before an issuer that misbehaves: only a 401 of its own signs anybody out. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/services.ts'
import type { Fault } from './fake-issuer.ts'
import { openVerifier } from './verifier-before-fake.ts'

const checkPath = '/auth/check'
const away = '503 service_unavailable issuer_away'
const over = '401 token_invalid session_over'
const refused = '401 token_invalid refused_by_issuer'
const refusal = (cause: string) => ({ status: 401, body: JSON.stringify({ code: 'token_invalid', cause }) })

describe('the question about a session', () => {
  it('is asked once by a hundred requests, and again when the answer is old', async (t) => {
    const { fake, ask, pass, verifier } = await openVerifier(t, { liveness: 'session' })
    fake.faults.set(checkPath, { afterMs: 30 })
    fake.more.set(
      checkPath,
      (req, res) => void res.writeHead(req.headers.authorization === `Bearer ${token}` ? 204 : 500).end(),
    )
    const token = fake.token()
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => ask(token)))
    assert.deepEqual(new Set(verdicts), new Set(['200']))
    assert.equal(fake.count(checkPath), 1)
    assert.equal(verifier.verify(token) instanceof Promise, false)
    pass(2_100)
    assert.equal(await ask(token), '200')
    assert.equal(fake.count(checkPath), 2)
  })

  it('is not asked for a token that is bad by itself', async (t) => {
    const { fake, ask } = await openVerifier(t, { liveness: 'session' })
    fake.faults.set(checkPath, { status: 204 })
    assert.equal(await ask(fake.token({ iss: 'https://evil.test' })), '401 token_invalid wrong_issuer')
    assert.equal(await ask('x.y.z'), '401 token_invalid altered')
    assert.equal(fake.count(checkPath), 0)
  })

  const faults: Record<string, Fault> = {
    'an error': { status: 500 },
    'too many requests': { status: 429, headers: { 'Retry-After': '1' } },
    'nothing found': { status: 404 },
    'not allowed': { status: 403 },
    'a redirect': { status: 302, headers: { Location: '/auth/ok' } },
    cut: 'cut',
  }
  for (const [name, fault] of Object.entries(faults)) {
    it(`gives 503 for ${name}, and is asked again at once`, async (t) => {
      const { fake, ask } = await openVerifier(t, { liveness: 'session' })
      fake.faults.set(checkPath, fault)
      fake.faults.set('/auth/ok', { status: 204 })
      const token = fake.token()
      assert.equal(await ask(token), away)
      assert.equal(fake.count('/auth/ok'), 0)
      fake.faults.set(checkPath, { status: 204 })
      assert.equal(await ask(token), '200')
    })
  }

  for (const cause of ['session_over', 'key_revoked']) {
    it(`is not asked again about what has ended: ${cause}`, async (t) => {
      const { fake, ask, pass } = await openVerifier(t, { liveness: 'session' })
      fake.faults.set(checkPath, refusal(cause))
      const token = fake.token()
      assert.equal(await ask(token), `401 token_invalid ${cause}`)
      fake.faults.set(checkPath, { status: 204 })
      pass(10_000)
      assert.equal(await ask(token), `401 token_invalid ${cause}`)
    })
  }

  const others: Record<string, Fault> = {
    'of a server that has not read the new key yet': refusal('unknown_kid'),
    'of a proxy': { status: 401, body: '<h1>Who are you?</h1>' },
    'of nobody': { status: 401 },
    'that only looks like one of ours': { status: 401, body: '["session_over"]' },
    'of another code': {
      status: 401,
      body: JSON.stringify({ code: 'login_required', cause: 'session_over' }),
    },
  }
  for (const [name, fault] of Object.entries(others)) {
    it(`is asked again after sessionMaxAge and not before when it was a 401 ${name}`, async (t) => {
      const { fake, ask, pass } = await openVerifier(t, { liveness: 'session' })
      fake.faults.set(checkPath, fault)
      const token = fake.token()
      assert.equal(await ask(token), refused)
      fake.faults.set(checkPath, { status: 204 })
      assert.equal(await ask(token), refused)
      pass(2_100)
      assert.equal(await ask(token), '200')
    })
  }
})

describe('an answer that takes long', () => {
  /** Each question is answered when the test says so; the nth with what the nth entry resolves to. */
  async function openSlow(t: Parameters<typeof openVerifier>[0]) {
    const opened = await openVerifier(t, { liveness: 'session', sessionMaxAge: '1s' })
    const answers = [Promise.withResolvers<Answer>(), Promise.withResolvers<Answer>()] as const
    let asked = 0
    opened.fake.more.set(checkPath, async (_req, res) => {
      const { status, body } = (await answers[asked++]?.promise) ?? { status: 500 }
      res.writeHead(status).end(body)
    })
    const arrived = (count: number) => eventually(() => assert.ok(asked >= count), { withinMs: 2_000 })
    return { ...opened, answers, arrived }
  }
  type Answer = { status: number; body?: string }

  it('is shared by requests of sessionMaxAge, and by no later one', async (t) => {
    const { fake, ask, pass, answers, arrived } = await openSlow(t)
    const token = fake.token()
    const first = ask(token)
    await arrived(1)
    pass(900)
    const joins = ask(token)
    pass(1_100)
    const asksAgain = ask(token)
    await arrived(2)
    answers[1].resolve(refusal('session_over'))
    assert.equal(await asksAgain, over)
    answers[0].resolve({ status: 204 })
    assert.deepEqual([await first, await joins], ['200', '200'])
    assert.equal(await ask(token), over)
    assert.equal(fake.count(checkPath), 2)
  })

  it('takes nothing back that was asked later', async (t) => {
    const { fake, ask, pass, answers, arrived } = await openSlow(t)
    const token = fake.token()
    const first = ask(token)
    await arrived(1)
    pass(1_100)
    const second = ask(token)
    await arrived(2)
    answers[1].resolve({ status: 401 })
    assert.equal(await second, refused)
    answers[0].resolve({ status: 204 })
    assert.equal(await first, '200')
    assert.equal(await ask(token), refused)
    assert.equal(fake.count(checkPath), 2)
  })
})
