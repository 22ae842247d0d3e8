/** A-SESS-05: the client chooses the id. */
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-SESS-05: a chosen session id', () => {
  it('is not adopted, signed or not', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const chosen = randomBytes(32).toString('base64url')
    const mac = (key: string) => createHmac('sha256', key).update(chosen).digest('base64').replace(/=+$/, '')
    const values = [
      chosen,
      `s:${chosen}`,
      `s:${chosen}.`,
      `s:${chosen}.${'A'.repeat(43)}`,
      `s:${chosen}.${mac('')}`,
      `s:${chosen}.${mac('undefined')}`,
      'j:{"stage":"verified"}',
      's:__proto__.x',
      '',
      '%00',
      '%E0%A4%A',
      'x'.repeat(4_000),
    ]
    for (const value of values) {
      const headers = { cookie: `sallyport.sid=${value.includes('%') ? value : encodeURIComponent(value)}` }
      const session = await gate.client().get('/auth/session', { headers })
      assert.deepEqual([session.status, session.body], [200, { stage: 'anonymous' }], value)
      assert.deepEqual(session.setCookies, [])
      assertProblem(await gate.client().post('/auth/token', undefined, { headers }), 401, 'session_missing')
      const login = await gate.client().post('/auth/login', ada, { headers })
      assert.equal(login.status, 200)
      assert.equal(login.setCookies.length, 1)
      assert.equal((login.setCookies[0] ?? '').includes(chosen), false)
    }
  })

  it('is not adopted from a query, a header or the public handle', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const value = client.cookies.get('sallyport.sid') ?? ''
    const { sessionId } = (await client.get('/auth/session')).body

    const byQuery = await gate.client().get(`/auth/session?sallyport.sid=${value}&sessionId=${sessionId}`)
    const byHeader = await gate.client().get('/auth/session', { headers: { 'X-Session-Id': sessionId } })
    const byHandle = await gate.client().get('/auth/session', {
      headers: { cookie: `sallyport.sid=${sessionId}; sid=${value}; connect.sid=${value}` },
    })
    for (const { body } of [byQuery, byHeader, byHandle]) assert.deepEqual(body, { stage: 'anonymous' })
  })

  it('of two cookies, one is taken by one rule: the first', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const value = client.cookies.get('sallyport.sid') ?? ''
    const ask = async (cookie: string) =>
      (await gate.client().get('/auth/session', { headers: { cookie } })).body.stage

    assert.equal(await ask(`sallyport.sid=${value}; sallyport.sid=x`), 'verified')
    assert.equal(await ask(`sallyport.sid=x; sallyport.sid=${value}`), 'anonymous')
  })

  it('is never guessed: ids are 256 random bits and don’t repeat', async (t) => {
    const gate = await openGate(t, { quickPasswords: true })
    const ada = await gate.makeAccount()
    const seen = new Set<string>()
    for (let n = 0; n < 300; n++) {
      const client = await gate.logIn(ada)
      const secret = /^s:([\w-]{43})\./.exec(decodeURIComponent(client.cookies.get('sallyport.sid') ?? ''))
      assert.ok(secret)
      seen.add(secret[1] ?? '')
    }
    assert.equal(seen.size, 300)
  })
})
