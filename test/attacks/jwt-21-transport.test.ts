/** A-JWT-21: a token that comes another way than RFC 6750 2.1 has it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sendRaw } from '../support/race.ts'
import { openForge } from './forge.ts'

describe('A-JWT-21: the way of the token', () => {
  it('is one Authorization header, and no other', async (t) => {
    const { gate, token } = await openForge(t, 'ES256')
    const client = gate.client()
    for (const path of [`/auth/protected?access_token=${token}`, `/auth/protected?token=${token}`]) {
      assert.equal((await client.get(path)).status, 403)
    }
    for (const headers of [
      { 'X-Access-Token': token },
      { 'X-Authorization': `Bearer ${token}` },
      { 'Proxy-Authorization': `Bearer ${token}` },
      { cookie: `access_token=${token}; Authorization=Bearer ${token}` },
      { Authorization: token },
      { Authorization: `Basic ${token}` },
      { Authorization: `JWT ${token}` },
      { Authorization: `Bearer, ${token}` },
      { Authorization: `Bearer${token}` },
      { Authorization: `Bearer Bearer ${token}` },
      { Authorization: `Bearer ${token} ${token}` },
      { Authorization: `Bearer ${token},Bearer ${token}` },
      { Authorization: `Bearer "${token}"` },
      { Authorization: `Bearer\t${token}` },
      { Authorization: 'Bearer' },
      { Authorization: 'Bearer ' },
    ]) {
      const { status, headers: answer } = await client.get('/auth/protected', { headers })
      assert.ok([401, 403].includes(status), `${JSON.stringify(headers)}: ${status}`)
      assert.match(String(answer['www-authenticate']), /^Bearer/)
    }
    assert.equal((await client.post('/auth/protected', { access_token: token })).status, 404)
  })

  it('may spell the scheme in any case, with more than one space (RFC 9110 11.1)', async (t) => {
    const { gate, token } = await openForge(t, 'ES256')
    for (const value of [`bearer ${token}`, `BEARER ${token}`, `Bearer   ${token}`]) {
      const headers = { Authorization: value }
      assert.equal((await gate.client().get('/auth/protected', { headers })).status, 200, value.slice(0, 10))
    }
  })

  it('is refused when it is sent twice, whichever of the two is good', async (t) => {
    const { gate, token } = await openForge(t, 'ES256')
    for (const [first, second] of [
      [token, 'x.y.z'],
      ['x.y.z', token],
      [token, token],
    ]) {
      const request = [
        'GET /auth/protected HTTP/1.1',
        'Host: localhost',
        `Authorization: Bearer ${first}`,
        `authorization: Bearer ${second}`,
        'Connection: close',
      ]
      const reply = await sendRaw(`${request.join('\r\n')}\r\n\r\n`, gate.port)
      assert.ok([400, 401].includes(reply.status), String(reply.status))
      assert.match(reply.headers['www-authenticate'] ?? '', /^Bearer error="invalid_request"/)
    }
  })
})
