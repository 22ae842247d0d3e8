/** A-INP-01: names that reach into every object of the server. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

const payloads = [
  '{"__proto__":{"polluted":true,"isAdmin":true,"refresh":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":{"__proto__":{"polluted":true}}}',
  '{"__proto__":null}',
  '{"prototype":{"polluted":true},"hasOwnProperty":1,"toString":1,"toJSON":{"polluted":true}}',
  '[{"__proto__":{"polluted":true}}]',
]

describe('A-INP-01: prototype pollution', () => {
  it('changes no object, in bodies, queries and paths', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    for (const payload of payloads) {
      for (const path of ['login', 'verify-otp', 'token', 'refresh']) {
        const { status } = await client.clone().post(`/auth/${path}`, payload)
        assert.ok(status < 500, `${path} ${payload}: ${status}`)
      }
    }
    const query = '__proto__[polluted]=1&constructor[prototype][polluted]=1&__proto__.polluted=1'
    for (const path of ['/auth/session', '/problems/__proto__', '/_dev/inbox', '/_dev/inbox/latest']) {
      const { status } = await client.get(`${path}?${query}`)
      assert.ok(status < 500, `${path}: ${status}`)
    }
    client.cookies.set('__proto__', 'polluted')
    await client.get('/auth/session')

    const fresh: Record<string, unknown> = {}
    for (const name of ['polluted', 'isAdmin', 'refresh']) assert.equal(fresh[name], undefined)
    const { body } = await client.post('/auth/token')
    assert.equal('refreshToken' in body, false)
  })

  it('a field that is only inherited is missing', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const body = `{"__proto__":{"email":"${ada.email}","password":"${ada.password}"}}`

    assert.equal((await gate.client().post('/auth/login', body)).status, 400)
    const client = await gate.logIn(ada)
    const otp = await gate.code(ada)
    assert.equal((await client.post('/auth/verify-otp', `{"__proto__":{"otp":"${otp}"}}`)).status, 400)
  })
})
