/**
 * F-CLOCK-01: the wall clock jumps. Nothing lives longer than it was issued for by more than the leeway (60 s), nobody is logged out
 * for a jump within it, and far-away years work.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { embedded } from '../support/engines.ts'
import { openGate, wrongCode } from '../support/gate.ts'
import { outcomeOf } from '../support/processes.ts'

const engine = embedded

describe('the clock jumps', () => {
  for (const jump of [-30_000, 30_000]) {
    it(`${jump} ms: everything goes on`, async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const { accessToken, refreshToken } = await gate.bothTokens(client)
      const pending = await gate.logIn(ada)
      gate.clock.advance(jump)
      assert.equal((await client.get('/auth/session')).body.stage, 'verified')
      assert.equal((await client.get('/auth/protected', { bearer: accessToken })).status, 200)
      assert.equal((await client.post('/auth/refresh', { refreshToken })).status, 200)
      assert.equal((await gate.verify(ada, pending)).status, 200)
      await gate.enter(ada)
    })
  }

  it('an hour forward: codes and access tokens have expired, sessions and refresh tokens live', async (t) => {
    const gate = await openGate(t, { engine })
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const { accessToken, refreshToken } = await gate.bothTokens(client)
    const pending = await gate.logIn(ada)
    gate.clock.advance('11m')
    assert.equal(outcomeOf(await gate.verify(ada, pending)), '401 otp_expired')
    gate.clock.advance('49m')
    assert.equal(outcomeOf(await client.get('/auth/protected', { bearer: accessToken })), '401 token_expired')
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
    assert.equal((await client.post('/auth/refresh', { refreshToken })).status, 200)
  })

  it('an hour back: a code is not good for an hour longer', async (t) => {
    const gate = await openGate(t, { engine })
    const ada = await gate.makeAccount()
    const pending = await gate.logIn(ada)
    const otp = await gate.code(ada)
    gate.clock.advance(-3_600_000)
    // Twenty minutes of real time later: ten more than the code was issued for.
    gate.clock.advance('20m')
    assert.notEqual((await pending.post('/auth/verify-otp', { otp })).status, 200)
  })

  it('an hour back: an access token is not good for an hour longer', async (t) => {
    const gate = await openGate(t, { engine })
    const client = await gate.enter(await gate.makeAccount())
    const bearer = await gate.accessToken(client)
    gate.clock.advance(-3_600_000)
    gate.clock.advance('10m')
    assert.equal((await client.get('/auth/protected', { bearer })).status, 401)
  })

  it('an hour back: the grace of a refresh token is not an hour longer', async (t) => {
    const gate = await openGate(t, { engine })
    const client = await gate.enter(await gate.makeAccount())
    const { refreshToken } = await gate.bothTokens(client)
    assert.equal((await client.post('/auth/refresh', { refreshToken })).status, 200)
    gate.clock.advance(-3_600_000)
    gate.clock.advance('5m')
    assert.equal(outcomeOf(await client.post('/auth/refresh', { refreshToken })), '401 refresh_reused')
  })

  it('an hour back: tries are not refilled, and what was spent stays spent', async (t) => {
    const gate = await openGate(t, { engine })
    const ada = await gate.makeAccount()
    const pending = await gate.logIn(ada)
    const otp = await gate.code(ada)
    for (let guess = 0; guess < 5; guess++) await pending.post('/auth/verify-otp', { otp: wrongCode(otp) })
    gate.clock.advance(-3_600_000)
    assert.notEqual((await pending.post('/auth/verify-otp', { otp })).status, 200)
    const client = await gate.enter(ada)
    const stolen = client.clone()
    await client.post('/auth/logout')
    gate.clock.advance(-3_600_000)
    assert.equal((await stolen.get('/auth/session')).body.stage, 'anonymous')
  })

  it('an hour back: a lock is not lifted', async (t) => {
    const gate = await openGate(t, { engine })
    const ada = await gate.makeAccount()
    for (let login = 0; login < 2; login++) {
      const pending = await gate.logIn(ada)
      const otp = await gate.code(ada)
      for (let guess = 0; guess < 5; guess++) await pending.post('/auth/verify-otp', { otp: wrongCode(otp) })
    }
    gate.clock.advance(-3_600_000)
    const { email, password } = ada
    assert.equal(outcomeOf(await gate.client().post('/auth/login', { email, password })), '429 otp_locked')
  })

  it('a day forward and back: a session that had not run out is not lost, a logout is not undone', async (t) => {
    const gate = await openGate(t, { engine })
    const client = await gate.enter(await gate.makeAccount())
    gate.clock.advance('25h')
    assert.equal((await client.get('/auth/session')).body.stage, 'anonymous')
    gate.clock.advance(-25 * 3_600_000)
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
  })

  it('the whole flow works in 2038, after it, and on a leap day', async (t) => {
    for (const at of [
      '2038-01-19T03:14:07.500Z',
      '2038-01-20T00:00:00Z',
      '2106-02-08T00:00:00Z',
      '2028-02-29T23:59:59Z',
    ]) {
      const gate = await openGate(undefined, { engine })
      gate.clock.advance(Date.parse(at) - gate.clock.now())
      t.after(gate.close)
      const client = await gate.enter(await gate.makeAccount())
      const { accessToken, refreshToken } = await gate.bothTokens(client)
      assert.equal((await client.get('/auth/protected', { bearer: accessToken })).status, 200, at)
      assert.equal((await client.post('/auth/refresh', { refreshToken })).status, 200, at)
    }
  })
})
