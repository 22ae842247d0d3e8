/** GET /auth/account/export and DELETE /auth/account: what belongs to the owner of an account. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate, type TestAccount, type TestGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`one's own account, ${engine.name}`, { skip: engine.missing() }, () => {
    it('is given out whole: account, sessions, trusted devices and what happened', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      await gate.setClaims(ada, { plan: 'pro' })
      gate.clock.advance('1m')
      const client = await gate.enterTrusted(ada)
      const { sessionId } = (await client.get('/auth/session')).body

      const reply = await client.get('/auth/account/export')

      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      assert.equal(reply.headers['content-disposition'], 'attachment; filename="account.json"')
      assert.equal(reply.headers['cache-control'], 'no-store')
      const { account, sessions, trustedDevices, activity, ...rest } = reply.body
      assert.deepEqual(rest, {})
      assert.deepEqual(account, {
        id: ada.id,
        email: ada.email,
        createdAt: '2026-01-01T00:00:00.000Z',
        language: 'en',
        claims: { plan: 'pro' },
      })
      assert.deepEqual(sessions, (await client.get('/auth/sessions')).body.sessions)
      assert.deepEqual(
        sessions.map(({ id, current }: { id: string; current: boolean }) => ({ id, current })),
        [{ id: sessionId, current: true }],
      )
      assert.deepEqual(trustedDevices, (await client.get('/auth/devices')).body.devices)
      assert.equal(trustedDevices.length, 1)
      const types = activity.map(({ type }: { type: string }) => type)
      assert.deepEqual(types.toSorted(), [
        'account.claims_changed',
        'account.created',
        'code.accepted',
        'device.trusted',
        'login.accepted',
      ])
      const login = activity.find(({ type }: { type: string }) => type === 'login.accepted')
      assert.deepEqual(login, {
        at: '2026-01-01T00:01:00.000Z',
        type: 'login.accepted',
        device: 'an unknown client',
        address: '127.0.0.1',
        detail: {},
      })
    })

    it('is deleted with everything of it, at once', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const phone = await gate.enterTrusted(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(phone)
      assert.equal((await gate.client().get('/auth/protected', { bearer })).status, 200)
      const pending = await gate.logIn(ada)
      const otp = await gate.code(ada)
      const client = await gate.enter(ada)
      const own = client.clone()

      const reply = await client.delete('/auth/account')

      assert.equal(reply.status, 204)
      assert.equal(client.cookies.has('sallyport.sid'), false)
      for (const other of [phone, own, pending]) assert.equal((await other.post('/auth/token')).status, 401)
      assert.equal((await pending.post('/auth/verify-otp', { otp })).status, 401)
      assertProblem(await gate.client().get('/auth/protected', { bearer }), 401, 'token_invalid')
      assertProblem(await gate.client().post('/auth/refresh', { refreshToken }), 401, 'refresh_invalid')
      assertProblem(await phone.post('/auth/login', ada), 401, 'invalid_credentials')
      assertProblem(await gate.client().post('/auth/login', ada), 401, 'invalid_credentials')
      assert.equal((await gate.mailsTo(ada)).at(-1), 'Your Sallyport account was deleted')
    })

    it('leaves its address free, and its traces in the audit trail', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      await (await gate.enter(ada)).delete('/auth/account')
      const client = gate.client()

      await client.post('/auth/register', { email: ada.email, password: 'seven horses in the rain' })
      assert.equal((await gate.verify(ada, client)).status, 200)

      const { user } = (await client.get('/auth/session')).body
      assert.notEqual(user.id, ada.id)
      assert.deepEqual((await auditTypes(gate, ada)).toSorted(), [
        'account.created',
        'account.deleted',
        'code.accepted',
        'login.accepted',
        'session.ended',
      ])
      assert.deepEqual((await auditTypes(gate, user)).toSorted(), ['account.created', 'code.accepted'])
    })
  })
}

describe("one's own account", () => {
  it('is given out without any secret', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enterTrusted(ada)
    const { accessToken, refreshToken } = await gate.bothTokens(client)
    const { passwordHash = '' } = (await inside(gate).stores.read.accounts.find(ada.id)) ?? {}
    assert.notEqual(passwordHash, '')

    const text = JSON.stringify((await client.get('/auth/account/export')).body)

    const secrets = [
      ...[ada.password, passwordHash, await gate.code(ada), accessToken, refreshToken],
      ...client.cookies.values(),
    ]
    for (const secret of secrets) {
      assert.ok(!text.includes(secret), secret)
      assert.ok(!text.includes(decodeURIComponent(secret).replace(/^s:/, '').split('.')[0] ?? ''), secret)
    }
    assert.doesNotMatch(text, /hash|secret|argon2|codeTally/i)
  })

  it('is given out without anything of another account', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const eve = await gate.makeAccount('eve@example.test')
    const stranger = await gate.enterTrusted(eve)
    await stranger.post('/auth/email/change', { newEmail: ada.email })
    const client = await gate.enter(ada)

    const text = JSON.stringify((await client.get('/auth/account/export')).body)

    const { sessions, devices } = {
      ...(await stranger.get('/auth/sessions')).body,
      ...(await stranger.get('/auth/devices')).body,
    }
    for (const foreign of [eve.id, eve.email, sessions[0].id, devices[0].id]) {
      assert.ok(!text.includes(foreign), foreign)
    }
  })

  it('is deleted without anybody else noticing', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const eve = await gate.enterTrusted(await gate.makeAccount('eve@example.test'))
    const bearer = await gate.accessToken(eve)

    await (await gate.enter(ada)).delete('/auth/account')

    assert.equal((await eve.get('/auth/protected', { bearer })).status, 200)
    assert.equal((await eve.get('/auth/devices')).body.devices.length, 1)
  })

  it('takes with it a reset that was on its way, also where the address begins anew', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const resetting = gate.client()
    await resetting.post('/auth/password/forgot', ada)
    const otp = await gate.code(ada)
    await client.delete('/auth/account')
    const next = await gate.makeAccount(ada.email, 'nine camels in the snow')

    const reply = await resetting.post('/auth/password/reset', {
      otp,
      newPassword: 'seven horses in the rain',
    })

    assertProblem(reply, 401, 'session_ended')
    await gate.enter(next)
  })

  it('needs a verified session with a recent code; a token is not enough', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const pending = await gate.logIn(ada)
    const client = await gate.enter(ada)
    const bearer = await gate.accessToken(client)
    gate.clock.advance('4m')

    for (const [method, path] of [
      ['GET', '/auth/account/export'],
      ['DELETE', '/auth/account'],
    ] as const) {
      assertProblem(await gate.client().request(method, path), 401, 'session_missing')
      assertProblem(await gate.client().request(method, path, { bearer }), 401, 'session_missing')
      assertProblem(await pending.request(method, path), 403, 'otp_required')
    }
    gate.clock.advance('7m')
    assertProblem(await client.get('/auth/account/export'), 403, 'reauth_required')
    assertProblem(await client.delete('/auth/account'), 403, 'reauth_required')
    await gate.enter(ada)
  })
})

function inside(gate: TestGate) {
  return gate.sallyport().inside.gate
}

async function auditTypes(gate: TestGate, { id }: Pick<TestAccount, 'id'>): Promise<string[]> {
  return (await inside(gate).stores.read.audit.listOf(id, 100)).map(({ type }) => type)
}
