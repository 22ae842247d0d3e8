/** POST /auth/introspect (RFC 7662): what a token is worth now, told to services of CLIENTS and to nobody else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openForge } from '../attacks/forge.ts'
import { memory } from '../support/engines.ts'
import { assertProblem, claimsOf, openGate, type TestGate } from '../support/gate.ts'
import {
  basic,
  otherSecret,
  serviceOf,
  serviceOver,
  serviceSecret,
  withServices,
} from '../support/services-of-clients.ts'

const open = (t: Parameters<typeof openGate>[0], env: Record<string, string> = {}) =>
  openGate(t, { engine: memory, env: { ...withServices, ...env } })

async function enter(gate: TestGate) {
  const ada = await gate.makeAccount()
  const client = await gate.enter(ada)
  return { ada, client, ...(await gate.bothTokens(client)) }
}

describe('introspection', () => {
  it('tells what an access token says while it is good', async (t) => {
    const gate = await open(t)
    const { ada, accessToken } = await enter(gate)

    const reply = await serviceOf(gate).introspect(accessToken, { token_type_hint: 'access_token' })

    const { iss, aud, sub, sid, jti, iat, exp, auth_time, amr, client_id } = claimsOf(accessToken)
    assert.equal(reply.status, 200)
    assert.equal(reply.headers['cache-control'], 'no-store')
    assert.deepEqual(reply.body, {
      active: true,
      token_type: 'Bearer',
      ...{ iss, aud, sub, sid, jti, iat, exp, auth_time, amr, client_id },
    })
    assert.equal(sub, ada.id)
  })

  it("tells the account's own claims, and none of them can take another's place", async (t) => {
    const gate = await open(t)
    const ada = await gate.makeAccount()
    await gate.setClaims(ada, { role: 'admin', active: false, token_type: 'mine' })
    const accessToken = await gate.accessToken(await gate.enter(ada))

    const { body } = await serviceOf(gate).introspect(accessToken)

    assert.deepEqual([body.role, body.active, body.token_type], ['admin', true, 'Bearer'])
  })

  it('tells whose a refresh token is, without using it', async (t) => {
    const gate = await open(t)
    const { ada, client, refreshToken } = await enter(gate)
    const { sessionId } = (await client.get('/auth/session')).body
    const service = serviceOf(gate)

    const { body } = await service.introspect(refreshToken)

    assert.deepEqual(body, {
      active: true,
      token_type: 'refresh_token',
      iss: gate.publicUrl,
      sub: ada.id,
      sid: sessionId,
      client_id: 'sallyport',
      exp: (gate.clock.now() + 30 * 86_400_000) / 1_000,
      auth_time: gate.clock.now() / 1_000,
      amr: ['pwd', 'otp'],
    })
    for (let times = 0; times < 3; times++)
      assert.equal((await service.introspect(refreshToken)).body.active, true)
    const renewed = await gate.client().post('/auth/refresh', { refreshToken })
    assert.equal(renewed.status, 200)
    const successor = renewed.body.refreshToken
    // Within REFRESH_GRACE the old one would still be taken.
    assert.equal((await service.introspect(refreshToken)).body.active, true)
    gate.clock.advance('31s')
    assert.deepEqual((await service.introspect(refreshToken)).body, { active: false })
    // Looked at and not used: the family lives.
    assert.equal((await service.introspect(successor)).body.active, true)
    assert.equal((await gate.client().post('/auth/refresh', { refreshToken: successor })).status, 200)
  })

  const ends: Record<string, (gate: TestGate, known: Awaited<ReturnType<typeof enter>>) => unknown> = {
    'a logout': (_gate, { client }) => client.post('/auth/logout'),
    'the account disabled': (gate, { ada }) => gate.disable(ada),
    'the account deleted': (_gate, { client }) => client.delete('/auth/account'),
    SESSION_TTL: (gate) => gate.clock.advance('30d'),
  }
  for (const [name, end] of Object.entries(ends))
    it(`tells at once, and nothing else, after ${name}`, async (t) => {
      const gate = await open(t)
      const known = await enter(gate)
      const service = serviceOf(gate)
      assert.equal((await service.introspect(known.accessToken)).body.active, true)

      await end(gate, known)

      for (const token of [known.accessToken, known.refreshToken]) {
        const { status, body } = await service.introspect(token)
        assert.deepEqual([status, body], [200, { active: false }])
      }
    })

  it('tells that a token whose claims were taken away is worth nothing', async (t) => {
    const gate = await open(t)
    const ada = await gate.makeAccount()
    await gate.setClaims(ada, { role: 'admin' })
    const accessToken = await gate.accessToken(await gate.enter(ada))
    await gate.setClaims(ada, { role: 'guest' })

    assert.deepEqual((await serviceOf(gate).introspect(accessToken)).body, { active: false })
  })

  it('tells nothing of what has expired, is foreign, or is noise', async (t) => {
    const forge = await openForge(t, 'ES256', { env: withServices })
    const other = await openForge(t, 'ES256')
    const service = serviceOf(forge.gate)
    const { exp } = forge.claims as { exp: number }
    const noise = [
      other.token,
      forge.resign({}, { exp: exp - 400 }),
      forge.resign({}, { iss: 'http://evil.test' }),
      forge.resign({}, { aud: 'http://evil.test' }),
      forge.resign({}, { sub: 'acc_another' }),
      forge.resign({}, { sid: 'ses_another' }),
      forge.resign({ typ: 'JWT' }),
      forge.resign({ alg: 'none' }),
      `${forge.token}x`,
      forge.token.slice(0, -3),
      `srt_${'A'.repeat(70)}`,
      'x'.repeat(8_192),
      'é\\u0000\\n',
      ' ',
      'null',
    ]
    for (const token of noise) {
      const { status, body } = await service.introspect(token)
      assert.deepEqual([status, body], [200, { active: false }], token.slice(0, 20))
    }
    assert.equal((await service.introspect(forge.token)).body.active, true)
  })

  it('takes the hint as a hint', async (t) => {
    const gate = await open(t)
    const { accessToken, refreshToken } = await enter(gate)
    const service = serviceOf(gate)
    for (const token_type_hint of ['access_token', 'refresh_token', 'saml2', ''])
      for (const token of [accessToken, refreshToken])
        assert.equal((await service.introspect(token, { token_type_hint })).body.active, true)
  })
})

describe('the credentials of a service', () => {
  it('are taken by HTTP Basic and in the form, and each service has its own', async (t) => {
    const gate = await open(t)
    const inForm = serviceOver(gate.client(), undefined)
    const replies = [
      await serviceOf(gate).introspect('x'),
      await serviceOf(gate, 'shop.web', otherSecret).introspect('x'),
      await serviceOf(gate).introspect('x', { client_id: 'orders' }),
      await inForm.introspect('x', { client_id: 'orders', client_secret: serviceSecret }),
    ]
    for (const { status, body } of replies) assert.deepEqual([status, body], [200, { active: false }])
  })

  const wrong: Record<string, [authorization: string | undefined, more?: Record<string, string>]> = {
    'are missing': [undefined],
    'are half there': [undefined, { client_id: 'orders' }],
    'have an unknown id': [basic('order', serviceSecret)],
    'have a wrong secret': [basic('orders', `${serviceSecret}x`)],
    'have the secret of another': [basic('orders', otherSecret)],
    'have no secret': [basic('orders', '')],
    'are wrong in the form': [undefined, { client_id: 'orders', client_secret: 'x' }],
    'are not form-encoded': [`Basic ${Buffer.from(`orders:${serviceSecret}`).toString('base64')}`],
    'are no Basic': [`Bearer ${serviceSecret}`],
    'are no base64': ['Basic ***'],
    'are without a colon': [`Basic ${Buffer.from('orders').toString('base64')}`],
  }
  for (const [name, [authorization, more]] of Object.entries(wrong))
    it(`are refused where they ${name}`, async (t) => {
      const gate = await open(t)
      for (const path of ['/auth/introspect', '/auth/revoke']) {
        const reply = await serviceOver(gate.client(), authorization).post(path, { token: 'x', ...more })

        const problem = assertProblem(reply, 401, 'client_invalid')
        assert.equal(problem.error, 'invalid_client')
        assert.ok(problem.error_description.length > 5)
        assert.match(String(reply.headers['www-authenticate']), /^Basic realm="/)
      }
    })

  it('are refused where they come in two ways', async (t) => {
    const gate = await open(t)
    const both = [
      { client_id: 'orders', client_secret: serviceSecret },
      { client_secret: serviceSecret },
      { client_id: 'shop.web' },
    ]
    for (const more of both) {
      const problem = assertProblem(await serviceOf(gate).introspect('x', more), 400, 'invalid_request')
      assert.equal(problem.error, 'invalid_request')
    }
  })

  it('are nobody’s while CLIENTS is not set, and the fix says so', async (t) => {
    const gate = await openGate(t, { engine: memory, mode: 'production' })
    for (const path of ['/auth/introspect', '/auth/revoke']) {
      const { fix, cause } = assertProblem(
        await serviceOf(gate).post(path, { token: 'x' }),
        401,
        'client_invalid',
      )
      assert.equal(cause, 'no_clients')
      assert.match(fix, /CLIENTS=/)
    }
  })

  it('are named by the metadata only where there are services', async (t) => {
    const gate = await open(t)
    const paths = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
    const methods = ['client_secret_basic', 'client_secret_post']
    for (const path of paths) {
      const { body } = await gate.client().get(path)
      assert.equal(body.introspection_endpoint, `${gate.publicUrl}/auth/introspect`)
      assert.equal(body.revocation_endpoint, `${gate.publicUrl}/auth/revoke`)
      assert.deepEqual(body.introspection_endpoint_auth_methods_supported, methods)
      assert.deepEqual(body.revocation_endpoint_auth_methods_supported, methods)
    }
    await gate.restart({ CLIENTS: '' })
    for (const path of paths) {
      const { body } = await gate.client().get(path)
      assert.deepEqual(
        Object.keys(body).filter((name) => /introspection|revocation_/.test(name)),
        [],
      )
      assert.equal(body.sallyport_revocations_uri, `${gate.publicUrl}/auth/revocations`)
    }
  })
})

describe('the form of a service', () => {
  const bad: Record<string, [body: string, status: number, code: string]> = {
    'is empty': ['', 400, 'invalid_request'],
    'has no token': ['token_type_hint=access_token', 400, 'invalid_request'],
    'has an empty token': ['token=', 400, 'invalid_request'],
    'has the token twice': ['token=a&token=b', 400, 'invalid_request'],
    'has a member twice': ['token=a&x=1&x=1', 400, 'invalid_request'],
    'has the same member in two spellings': ['token=a&%74oken=b', 400, 'invalid_request'],
    'has a broken escape': ['token=%zz', 400, 'invalid_request'],
    'has bytes that are no UTF-8': ['token=%ff', 400, 'invalid_request'],
    'has too many members': [`token=a${'&a=b'.repeat(3_000)}`, 400, 'invalid_request'],
    'is too large': [`token=${'a'.repeat(17_000)}`, 413, 'payload_too_large'],
  }
  for (const [name, [body, status, code]] of Object.entries(bad))
    it(`is refused where it ${name}`, async (t) => {
      const gate = await open(t)
      const headers = {
        Authorization: basic('orders', serviceSecret),
        'Content-Type': 'application/x-www-form-urlencoded',
      }

      const startedAt = performance.now()
      const reply = await gate.client().post('/auth/introspect', body, { headers })

      const problem = assertProblem(reply, status, code)
      if (status === 400) assert.equal(problem.error, 'invalid_request')
      assert.ok(performance.now() - startedAt < 500)
    })

  it('may have what we do not know, and names of an object', async (t) => {
    const gate = await open(t)
    const { accessToken } = await enter(gate)
    const more = { resource: 'x', __proto__x: '1', constructor: '1', toString: '2' }
    const form = `${new URLSearchParams({ token: accessToken, ...more })}&__proto__=1&=&&`

    assert.equal((await serviceOf(gate).post('/auth/introspect', form)).body.active, true)
  })

  it('has to be a form, and no other route takes one', async (t) => {
    const gate = await open(t)
    const types = ['application/json', 'text/plain', 'multipart/form-data; boundary=x', undefined]
    for (const type of types) {
      const headers = { Authorization: basic('orders', serviceSecret), 'Content-Type': type }
      const reply = await gate.client().post('/auth/introspect', 'token=x', { headers })
      assert.equal(assertProblem(reply, 415, 'unsupported_media_type').cause, 'form_wanted')
    }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const elsewhere = await gate.client().post('/auth/refresh', 'refreshToken=x', { headers })
    assertProblem(elsewhere, 415, 'unsupported_media_type')
    const compressed = await serviceOf(gate).post('/auth/introspect', 'token=x', {
      'Content-Encoding': 'gzip',
    })
    assertProblem(compressed, 415, 'unsupported_media_type')
  })
})
