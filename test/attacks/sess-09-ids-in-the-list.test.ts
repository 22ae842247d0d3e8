/** A-SESS-09: the list of sessions gives away what opens them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

describe('A-SESS-09: the session list', () => {
  it('has handles that open nothing: no cookie, no hash of it, no refresh family', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const clients = [await gate.enter(ada), await gate.enter(ada)]
    const { refreshToken } = await gate.bothTokens(clients[0] ?? gate.client())
    const family = Buffer.from(refreshToken.slice(4), 'base64url').toString('base64url', 0, 16)

    const reply = await clients[1]?.get('/auth/sessions')

    const text = JSON.stringify(reply?.body)
    for (const client of clients) {
      const cookie = decodeURIComponent(client.cookies.get('sallyport.sid') ?? '')
      const secret = cookie.slice(2, 45)
      for (const form of ['base64url', 'hex', 'base64'] as const) {
        assert.equal(text.includes(createHash('sha256').update(secret).digest(form)), false)
      }
      for (const part of [cookie, secret, cookie.slice(46)]) assert.equal(text.includes(part), false)
    }
    for (const part of [refreshToken, family]) assert.equal(text.includes(part), false)
    const keys = ['address', 'createdAt', 'current', 'device', 'expiresAt', 'id', 'lastSeenAt']
    for (const session of reply?.body.sessions ?? []) assert.deepEqual(Object.keys(session).sort(), keys)
    for (const { id } of reply?.body.sessions ?? []) {
      const headers = { cookie: `sallyport.sid=${id}; sallyport.sid=s%3A${id}` }
      assert.equal((await gate.client().get('/auth/session', { headers })).body.stage, 'anonymous')
      assert.equal((await gate.client().get('/auth/protected', { bearer: id })).status, 401)
    }
  })
})
