/** A-CSRF-06: a GET that wants to be a POST. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'

describe('A-CSRF-06: method override', () => {
  it('is ignored in header, query and body', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      const headers = { [name]: 'POST' }
      assertProblem(await client.get('/auth/logout', { headers }), 404, 'wrong_method')
      assertProblem(await client.get('/auth/token?_method=POST', { headers }), 404, 'wrong_method')
      const deleted = await client.get('/auth/sessions', { headers: { [name]: 'DELETE' } })
      assert.equal(deleted.status, 200)
      const posted = await client.post(
        '/auth/sessions',
        { _method: 'DELETE' },
        { headers: { [name]: 'DELETE' } },
      )
      assertProblem(posted, 404, 'wrong_method')
    }
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
  })

  it('GET and HEAD change nothing anywhere (ASVS 3.5.3)', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const other = await gate.enter(ada)
    const paths = [
      'login',
      'otp/resend',
      'verify-otp',
      'token',
      'refresh',
      'logout',
      'session',
      'sessions',
      'check',
    ]
    for (const path of paths) {
      for (const method of ['GET', 'HEAD']) await client.request(method, `/auth/${path}`)
    }
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
    assert.equal((await other.get('/auth/session')).body.stage, 'verified')
  })
})
