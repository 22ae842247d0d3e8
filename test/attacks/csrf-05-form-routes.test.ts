/** A-CSRF-05: the two routes that take forms, and what a form can't do anywhere else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stateMatrix } from '../../scripts/write-docs-state-matrix.ts'
import { memory } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'
import { basic, serviceSecret, withServices } from '../support/services-of-clients.ts'

const form = 'application/x-www-form-urlencoded'
const takeForms = ['/auth/introspect', '/auth/revoke']

describe('A-CSRF-05: forms', () => {
  it('are taken by no other route, whoever sends them', async (t) => {
    const gate = await openGate(t, { engine: memory, env: withServices })
    const client = await gate.enter(await gate.makeAccount())
    const headers = { 'Content-Type': form, Authorization: basic('orders', serviceSecret) }
    for (const { method, path, id = '' } of stateMatrix) {
      if (method === 'GET' || takeForms.includes(path)) continue
      const reply = await client.request(method, path.replace(':id', id), { headers, body: 'token=x&otp=1' })
      assertProblem(reply, 415, 'unsupported_media_type')
    }
  })

  const types = [
    'application/json',
    `${form}; charset=utf-7`,
    `${form}; charset=utf-8; x=y`,
    `${form}, application/json`,
    `application/json, ${form}`,
    `${form};`,
    `x${form}`,
    `${form}2`,
    'multipart/form-data; boundary=x',
    'text/plain',
  ]
  for (const type of types)
    it(`are nothing else: ${type}`, async (t) => {
      const gate = await openGate(t, { engine: memory, env: withServices })
      const headers = { 'Content-Type': type, Authorization: basic('orders', serviceSecret) }
      for (const path of takeForms) {
        const reply = await gate.client().post(path, 'token=x', { headers })
        assertProblem(reply, 415, 'unsupported_media_type')
      }
    })

  it('read nothing of a cookie, and set none', async (t) => {
    const gate = await openGate(t, { engine: memory, env: withServices })
    const client = await gate.enter(await gate.makeAccount())
    const headers = { 'Content-Type': form, Authorization: basic('orders', serviceSecret) }
    for (const path of takeForms) {
      const reply = await client.post(path, 'token=x', { headers })
      assert.equal(reply.status, 200)
      assert.deepEqual(reply.setCookies, [])
      const crossSite = { ...headers, Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' }
      assertProblem(await client.post(path, 'token=x', { headers: crossSite }), 403, 'cross_site_request')
    }
  })
})
