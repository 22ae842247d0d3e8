/** A-JWT-16: something else that we, or somebody with our key, signed. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openForge, refusesOnEveryKey } from './forge.ts'

refusesOnEveryKey('A-JWT-16: a token of another kind', ({ resign }) => ({
  'an ID token': resign({ typ: 'JWT' }, { nonce: 'x', sid: undefined }),
  'a logout token': resign({ typ: 'logout+jwt' }),
  'a mail token': resign({ typ: 'JWT' }, { purpose: 'verify-email' }),
  'without sid': resign({}, { sid: undefined }),
  'without jti': resign({}, { jti: undefined }),
  'without sub': resign({}, { sub: undefined }),
  'without client_id': resign({}, { client_id: undefined }),
  'an empty sub': resign({}, { sub: '' }),
  'sub is a list': resign({}, { sub: ['acc_1'] }),
  'amr is text': resign({}, { amr: 'pwd' }),
}))

describe('A-JWT-16: what opens another door', () => {
  it('does not open this one, and the access token opens none of those', async (t) => {
    const { gate, client, token, ask, ada } = await openForge(t, 'ES256')
    const { refreshToken } = await gate.bothTokens(client)
    const { sessionId } = (await client.get('/auth/session')).body
    const cookie = decodeURIComponent(client.cookies.get('sallyport.sid') ?? '')
    for (const secret of [refreshToken, sessionId, cookie, cookie.slice(2), cookie.slice(2, 45), ada.id]) {
      const { status } = await ask(secret)
      assert.ok([401, 403].includes(status), `${secret}: ${status}`)
    }
    const asRefresh = await gate.client().post('/auth/refresh', { refreshToken: token })
    assert.ok([400, 401].includes(asRefresh.status))
    for (const value of [token, refreshToken, sessionId]) {
      const headers = { cookie: `sallyport.sid=${value}; sallyport.sid=s%3A${value}` }
      assert.equal((await gate.client().get('/auth/session', { headers })).body.stage, 'anonymous')
    }
  })
})
