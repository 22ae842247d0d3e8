/** A-INP-05: fields that are not the caller's to set. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

const extra = {
  id: 'acc_mine',
  accountId: 'acc_mine',
  role: 'admin',
  isAdmin: true,
  emailVerified: true,
  createdAt: 0,
  expiresAt: 9e15,
  otp: '000000',
  attemptsLeft: 1_000,
  attempts: 1_000,
  flowId: 'AAAA-AAAA',
  sessionId: 'ses_mine',
  disabledAt: null,
  codeTally: {},
  stage: 'verified',
  device: 'evil.test',
  address: '1.1.1.1',
  generation: 0,
  family: 'x',
}

describe('A-INP-05: mass assignment', () => {
  it('changes nothing, at any step', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = gate.client()
    const login = await client.post('/auth/login', { ...extra, email: ada.email, password: ada.password })
    assert.equal(login.body.otp.attemptsLeft, 5)
    assert.equal(login.body.otp.expiresIn, 600)
    assert.match(login.body.sessionId, /^ses_[\w-]{22}$/)
    assert.notEqual(login.headers['x-flow-id'], 'AAAA-AAAA')
    const verified = await client.post('/auth/verify-otp', { ...extra, otp: await gate.code(ada) })
    assert.equal(verified.status, 200)
    const tokens = (await client.post('/auth/token', { ...extra, refresh: true })).body
    assert.equal(tokens.expiresIn, 300)
    const refreshed = await client.post('/auth/refresh', { ...extra, refreshToken: tokens.refreshToken })
    assert.equal(refreshed.status, 200)
    assert.equal(refreshed.body.refreshExpiresIn, 2_592_000)

    const session = (await client.get('/auth/session')).body
    assert.deepEqual(session.user, { id: ada.id, email: ada.email })
    assert.equal(session.expiresAt, '2026-01-02T00:00:00.000Z')
    const [listed] = (await client.get('/auth/sessions')).body.sessions
    assert.equal(listed.address, '127.0.0.1')
    assert.equal(listed.device, 'an unknown client')
    const account = await gate.sallyport().inside.gate.stores.read.accounts.find(ada.id)
    assert.equal(account?.disabledAt, null)
    assert.equal(account?.codeTally.failures, 0)
  })

  it('answers have the fields of the contract and no other', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = gate.client()
    const keys = (value: object) => Object.keys(value).sort()
    const login = (await client.post('/auth/login', { email: ada.email, password: ada.password })).body
    assert.deepEqual(keys(login), ['message', 'methods', 'next', 'otp', 'sessionId'])
    assert.deepEqual(keys((await gate.verify(ada, client)).body), ['message', 'next'])
    const tokens = (await client.post('/auth/token', { refresh: true })).body
    const tokenKeys = ['accessToken', 'expiresIn', 'refreshExpiresIn', 'refreshToken', 'tokenType']
    assert.deepEqual(keys(tokens), tokenKeys)
    const refreshed = (await client.post('/auth/refresh', { refreshToken: tokens.refreshToken })).body
    assert.deepEqual(keys(refreshed), tokenKeys)
    const opened = (await client.get('/auth/protected', { bearer: tokens.accessToken })).body
    assert.deepEqual(keys(opened), ['message', 'user'])
    assert.deepEqual(keys(opened.user), ['email', 'id'])
    assert.deepEqual(keys((await client.get('/auth/session')).body), [
      'expiresAt',
      'sessionId',
      'stage',
      'user',
    ])
  })
})
