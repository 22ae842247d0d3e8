/** Trusted devices: a browser in which the password alone opens its owner's account. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'

const dayMs = 86_400_000

for (const engine of deployments) {
  describe(`trusted devices, ${engine.name}`, { skip: engine.missing() }, () => {
    it('takes the place of the code at the next login of its browser', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      const sent = { otp: await gate.code(ada), trustDevice: true }

      const trusted = await client.post('/auth/verify-otp', sent)

      assert.deepEqual(
        [trusted.status, trusted.body],
        [200, { message: 'OTP verified successfully', next: 'token', deviceTrusted: true }],
      )
      const before = client.clone()
      const mails = (await gate.mailsTo(ada)).length

      const login = await client.post('/auth/login', ada)

      const { sessionId, ...rest } = login.body
      assert.deepEqual([login.status, rest], [200, { message: 'Logged in', next: 'token' }])
      assert.match(sessionId, /^ses_[\w-]{22}$/)
      const session = (await client.get('/auth/session')).body
      assert.deepEqual([session.stage, session.sessionId], ['verified', sessionId])
      const bearer = await gate.accessToken(client)
      assert.equal((await client.get('/auth/protected', { bearer })).body.user.id, ada.id)
      assert.equal((await before.get('/auth/session')).body.endedBecause, 'replaced')
      assert.equal((await gate.mailsTo(ada)).length, mails)
    })

    it('opens nothing without the password, and nothing of another account', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const eve = await gate.makeAccount('eve@example.test')
      const client = await gate.enterTrusted(ada)
      await client.post('/auth/logout')

      assert.ok(client.cookies.has('sallyport.device'))
      assert.deepEqual((await client.get('/auth/session')).body, { stage: 'anonymous' })
      assertProblem(await client.post('/auth/token'), 401, 'session_missing')
      const wrong = await client.post('/auth/login', { ...ada, password: 'not my password' })
      assertProblem(wrong, 401, 'invalid_credentials')
      const ofEve = await client.post('/auth/login', eve)
      assert.equal(ofEve.body.next, 'verify-otp')
      assert.equal((await client.post('/auth/login', ada)).body.next, 'token')
    })

    it('is listed with device, address and times, and has the name that its owner gives', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const laptop = gate.client({ localAddress: '127.0.0.7' })
      await laptop.post('/auth/login', ada)
      const headers = { 'User-Agent': 'curl/8.5.0' }
      const sent = { otp: await gate.code(ada), trustDevice: true }
      await laptop.post('/auth/verify-otp', sent, { headers })
      gate.clock.advance('1m')
      await laptop.post('/auth/login', ada)

      const [device, ...more] = await list(laptop)

      assert.deepEqual(more, [])
      const { id, ...rest } = device
      assert.match(id, /^dev_[\w-]{22}$/)
      const listed = {
        name: 'curl',
        device: 'curl',
        address: '127.0.0.7',
        createdAt: '2026-01-01T00:00:00.000Z',
        lastUsedAt: '2026-01-01T00:01:00.000Z',
        expiresAt: '2026-01-31T00:00:00.000Z',
      }
      assert.deepEqual(rest, listed)
      const renamed = await laptop.post(`/auth/devices/${id}`, { name: '  Ada’s laptop ' })
      assert.equal(renamed.status, 204)
      assert.deepEqual(await list(laptop), [{ id, ...listed, name: 'Ada’s laptop' }])
    })

    it('ends by itself, alone or with all the others', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const phone = await gate.enterTrusted(ada)
      const [{ id: phoneId }] = await list(phone)
      const [laptop, tablet] = [await gate.enterTrusted(ada), await gate.enterTrusted(ada)]

      assert.equal((await laptop.delete(`/auth/devices/${phoneId}`)).status, 204)

      assert.equal((await list(laptop)).length, 2)
      assert.equal((await phone.post('/auth/login', ada)).body.next, 'verify-otp')
      assert.equal((await tablet.post('/auth/login', ada)).body.next, 'token')
      assertProblem(await laptop.delete(`/auth/devices/${phoneId}`), 404, 'not_found')

      assert.equal((await laptop.delete('/auth/devices')).status, 204)

      assert.deepEqual(await list(laptop), [])
      for (const client of [laptop, tablet]) {
        assert.equal((await client.post('/auth/login', ada)).body.next, 'verify-otp')
      }
    })

    it('expires after TRUSTED_DEVICE_TTL, however often it was used', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enterTrusted(ada)

      gate.clock.advance(30 * dayMs - 1)
      assert.equal((await client.post('/auth/login', ada)).body.next, 'token')
      gate.clock.advance(1)

      assert.equal((await client.post('/auth/login', ada)).body.next, 'verify-otp')
      assert.equal((await gate.verify(ada, client)).status, 200)
      assert.deepEqual(await list(client), [])
    })
  })
}

describe('trusted devices', () => {
  it('can be turned off, and those of before open nothing then', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const trusted = await gate.enterTrusted(ada)
    await gate.restart({ TRUSTED_DEVICE_TTL: '0' })

    const client = await gate.logIn(ada)
    const sent = { otp: await gate.code(ada), trustDevice: true }
    const reply = await client.post('/auth/verify-otp', sent)

    assert.deepEqual(reply.body, {
      message: 'OTP verified successfully',
      next: 'token',
      deviceTrusted: false,
    })
    assert.deepEqual([...client.cookies.keys()].sort(), ['sallyport.known', 'sallyport.sid'])
    assert.equal((await trusted.post('/auth/login', ada)).body.next, 'verify-otp')
  })

  it('is trusted only when asked for', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const otp = await gate.code(ada)

    assertProblem(await client.post('/auth/verify-otp', { otp, trustDevice: 'yes' }), 400, 'invalid_request')
    const reply = await client.post('/auth/verify-otp', { otp, trustDevice: false })

    assert.deepEqual(reply.body, { message: 'OTP verified successfully', next: 'token' })
    assert.equal(client.cookies.has('sallyport.device'), false)
    assert.deepEqual(await list(client), [])
  })

  it('is not trusted with a wrong code', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)
    const otp = (await gate.code(ada)) === '123456' ? '654321' : '123456'

    const reply = await client.post('/auth/verify-otp', { otp, trustDevice: true })

    assertProblem(reply, 401, 'otp_invalid')
    assert.deepEqual(reply.setCookies, [])
    assert.deepEqual(await list(await gate.enter(ada)), [])
  })

  it('lives in a cookie that scripts and other sites have no part in', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)

    const { setCookies } = await client.post('/auth/verify-otp', {
      otp: await gate.code(ada),
      trustDevice: true,
    })

    const cookie = setCookies.find((each) => each.includes('.device')) ?? ''
    assert.match(cookie, /^sallyport\.device=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/)
  })

  it('is bound to its host where the server is on https', async (t) => {
    const gate = await openGate(t, { env: { PUBLIC_URL: 'https://id.example.test', RATE_LIMITS: 'on' } })
    const ada = await gate.makeAccount()
    const client = await gate.logIn(ada)

    const { setCookies } = await client.post('/auth/verify-otp', {
      otp: await gate.code(ada),
      trustDevice: true,
    })

    const cookie = setCookies.find((each) => each.includes('.device')) ?? ''
    assert.match(
      cookie,
      /^__Host-sallyport\.device=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/,
    )
    assert.equal((await client.post('/auth/login', ada)).body.next, 'token')
  })

  it('is worth nothing with a secret that nobody gave out', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.enterTrusted(ada)

    for (const secret of ['A'.repeat(43), '', 'x', 'A'.repeat(5_000)]) {
      const client = gate.client()
      client.cookies.set('sallyport.device', secret)
      assert.equal((await client.post('/auth/login', ada)).body.next, 'verify-otp')
    }
  })

  it('keeps its owner in while the codes of the account are locked (D5)', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enterTrusted(ada)
    for (let logins = 0; logins < 2; logins++) {
      const guesser = await gate.logIn(ada)
      const otp = (await gate.code(ada)) === '123456' ? '654321' : '123456'
      for (let n = 0; n < 5; n++) await guesser.post('/auth/verify-otp', { otp })
    }

    assertProblem(await gate.client().post('/auth/login', ada), 429, 'otp_locked')
    assert.equal((await client.post('/auth/login', ada)).body.next, 'token')
  })

  it('lets nobody in who is disabled, and is gone when the account is enabled again', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enterTrusted(ada)

    await gate.disable(ada)
    assertProblem(await client.post('/auth/login', ada), 401, 'invalid_credentials')
    await gate.enable(ada)

    assert.equal((await client.post('/auth/login', ada)).body.next, 'verify-otp')
  })

  it('is named and ended by its own account only, with a token too', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const eve = await gate.makeAccount('eve@example.test')
    const client = await gate.enterTrusted(ada)
    const [{ id }] = await list(client)
    const stranger = await gate.enter(eve)

    assert.deepEqual(await list(stranger), [])
    for (const path of [
      `/auth/devices/${id}`,
      '/auth/devices/dev_AAAAAAAAAAAAAAAAAAAAAA',
      '/auth/devices/x',
    ]) {
      assertProblem(await stranger.post(path, { name: 'mine' }), 404, 'not_found')
      assertProblem(await stranger.delete(path), 404, 'not_found')
    }
    assert.equal((await stranger.delete('/auth/devices')).status, 204)
    assert.equal((await client.post('/auth/login', ada)).body.next, 'token')

    const bearer = await gate.accessToken(client)
    const app = gate.client()
    assert.equal((await app.get('/auth/devices', { bearer })).body.devices.length, 1)
    assert.equal((await app.post(`/auth/devices/${id}`, { name: 'laptop' }, { bearer })).status, 204)
    assert.equal((await app.delete(`/auth/devices/${id}`, { bearer })).status, 204)
    assert.deepEqual(await list(client), [])
  })

  it('has a name of one line, of at most 60 characters', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enterTrusted(await gate.makeAccount())
    const [{ id }] = await list(client)

    for (const name of ['', '   ', 'x'.repeat(61), 'two\nlines', 'turned\u202eround', 7]) {
      const reply = await client.post(`/auth/devices/${id}`, { name })
      assert.deepEqual(assertProblem(reply, 400, 'invalid_request').errors[0].path, ['name'])
    }
    assert.equal((await client.post(`/auth/devices/${id}`, { name: 'x'.repeat(60) })).status, 204)
  })

  it('needs a verified session or a token', async (t) => {
    const gate = await openGate(t)
    const pending = await gate.logIn(await gate.makeAccount())
    const path = '/auth/devices/dev_AAAAAAAAAAAAAAAAAAAAAA'

    for (const [method, url, body] of [
      ['GET', '/auth/devices', undefined],
      ['DELETE', '/auth/devices', undefined],
      ['POST', path, { name: 'mine' }],
      ['DELETE', path, undefined],
    ] as const) {
      assertProblem(await gate.client().request(method, url, { body }), 401, 'session_missing')
      assertProblem(await pending.request(method, url, { body }), 403, 'otp_required')
    }
  })
})

async function list(client: Client) {
  return (await client.get('/auth/devices')).body.devices
}
