/** A-LEAK-03: a cache in between keeps what is one person's. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

describe('A-LEAK-03: caches', () => {
  it('are told to keep nothing of a person, and get no validator', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = gate.client()
    const replies = [await client.post('/auth/login', { email: ada.email, password: ada.password })]
    replies.push(await gate.verify(ada, client))
    const token = await client.post('/auth/token', { refresh: true })
    const bearer = token.body.accessToken
    replies.push(token)
    replies.push(await client.post('/auth/refresh', { refreshToken: token.body.refreshToken }))
    for (const path of ['protected', 'check', 'session', 'sessions']) {
      replies.push(await client.get(`/auth/${path}`, { bearer }))
      const conditional = { 'If-None-Match': '*', 'If-Modified-Since': 'Thu, 01 Jan 2099 00:00:00 GMT' }
      replies.push(await client.get(`/auth/${path}`, { bearer, headers: conditional }))
    }
    replies.push(await client.post('/auth/logout'))
    for (const { status, headers } of replies) {
      assert.ok([200, 204].includes(status), String(status))
      assert.equal(headers['cache-control'], 'no-store')
      for (const name of ['etag', 'last-modified', 'expires', 'age']) assert.equal(headers[name], undefined)
    }
  })

  it('are not deceived by a path that looks like a file', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const bearer = await gate.accessToken(client)
    for (const end of [
      '/x.css',
      '/x.js',
      '.css',
      ';x.css',
      '%2Fx.css',
      '%3Fx.css',
      '%00.css',
      '%23.css',
      '/..;/x.png',
    ]) {
      for (const path of ['/auth/protected', '/auth/session', '/auth/sessions']) {
        const { status } = await client.get(`${path}${end}`, { bearer })
        assert.equal(status, 404, `${path}${end}`)
      }
    }
  })

  it('never see a secret in an address: no redirect, no Location', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    for (const path of [
      '/',
      '/auth',
      '/auth/session',
      '/auth/session/',
      '/auth/session?returnTo=//evil.test',
    ]) {
      const { status, headers } = await client.get(path)
      assert.ok(status < 300 || status >= 400)
      assert.equal(headers.location, undefined)
    }
  })
})
