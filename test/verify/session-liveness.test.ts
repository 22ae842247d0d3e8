/** liveness 'session' before an issuer that misbehaves: only a 401 of its own signs anybody out. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Fault } from './fake-issuer.ts'
import { openVerifier } from './verifier-before-fake.ts'

const checkPath = '/auth/check'
const away = '503 service_unavailable issuer_away'

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

  it('is not asked again about a session that has ended', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { liveness: 'session' })
    fake.faults.set(checkPath, { status: 401 })
    const token = fake.token()
    assert.equal(await ask(token), '401 token_invalid session_over')
    fake.faults.set(checkPath, { status: 204 })
    pass(10_000)
    assert.equal(await ask(token), '401 token_invalid session_over')
  })
})
