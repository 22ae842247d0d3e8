/** A-CSRF-05: content types that a page may send without asking first, or that look like JSON. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-CSRF-05: other content types', () => {
  it('are 415 on every route that takes a body, and on those that take none', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const types = [
      'application/json;x',
      'application/json; charset=utf-7',
      'application/json; charset=utf-16',
      'application/json; charset=iso-8859-1',
      'application/json; boundary=x',
      'application/json, text/plain',
      'text/plain; application/json',
      'text/plain',
      'text/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/problem+json',
      'application/json-patch+json',
      'application/jsonp',
      'APPLICATION/JSON+X',
      'json',
      '*/*',
      '',
      undefined,
    ]
    const paths = ['/auth/login', '/auth/verify-otp', '/auth/token', '/auth/refresh', '/auth/logout']
    for (const type of types) {
      for (const path of [...paths, '/auth/otp/resend']) {
        const reply = await client.post(path, '{"refresh":true}', { headers: { 'Content-Type': type } })
        assert.equal(`${type} ${path} ${reply.status}`, `${type} ${path} 415`)
        assertProblem(reply, 415, 'unsupported_media_type')
      }
    }
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
  })

  it('JSON in its allowed spellings is served', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
      'Application/JSON',
      'application/json; charset="utf-8"',
      'application/json ; charset=utf-8',
    ]) {
      const reply = await client.post('/auth/token', '{}', { headers: { 'Content-Type': type } })
      assert.equal(reply.status, 200, type)
    }
  })

  it('a compressed body is 415', async (t) => {
    const gate = await openGate(t)
    for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'identity, gzip', 'x']) {
      const headers = { 'Content-Encoding': encoding }
      const reply = await gate.client().post('/auth/login', '{}', { headers })
      assertProblem(reply, 415, 'unsupported_media_type')
    }
  })
})
