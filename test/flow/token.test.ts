/** POST /auth/token: the verified session for an access token. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { deployments } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'

for (const engine of deployments) {
  describe(`token, ${engine.name}`, { skip: engine.missing() }, () => {
    it('gives a bearer token, with or without a body', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())

      for (const body of [undefined, {}, { refresh: false }]) {
        const reply = await client.post('/auth/token', body)
        assert.equal(reply.status, 200)
        const { accessToken, ...rest } = reply.body
        assert.deepEqual(rest, { tokenType: 'Bearer', expiresIn: 300 })
        assert.equal(accessToken.split('.').length, 3)
      }
    })

    it('gives the one refresh token of the session when asked, always the same', async (t) => {
      const gate = await openGate(t, { engine })
      const client = await gate.enter(await gate.makeAccount())

      const first = (await client.post('/auth/token', { refresh: true })).body
      const second = (await client.post('/auth/token', { refresh: true })).body

      assert.equal(first.refreshExpiresIn, 2_592_000)
      assert.match(first.refreshToken, /^srt_[\w-]{70}$/)
      assert.equal(second.refreshToken, first.refreshToken)
      assert.notEqual(second.accessToken, first.accessToken)
    })
  })
}

describe('token', () => {
  it('has the shape of RFC 9068 and carries no e-mail', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const { sessionId } = (await client.get('/auth/session')).body
    const seconds = Math.floor(gate.clock.now() / 1_000)

    const token = await gate.accessToken(client)

    const { kid, ...header } = decodeProtectedHeader(token)
    assert.deepEqual(header, { alg: 'ES256', typ: 'at+jwt' })
    assert.equal(kid, (await client.get('/.well-known/jwks.json')).body.keys[0].kid)
    const { jti, ...claims } = decodeJwt(token)
    assert.match(String(jti), /^[0-9a-f-]{36}$/)
    assert.deepEqual(claims, {
      iss: gate.publicUrl,
      aud: gate.publicUrl,
      sub: ada.id,
      sid: sessionId,
      iat: seconds,
      exp: seconds + 300,
      auth_time: seconds,
      amr: ['pwd', 'otp'],
      client_id: 'sallyport',
    })
  })

  it('is verified by a stranger with the published keys alone', async (t) => {
    for (const algorithm of ['ES256', 'RS256', 'EdDSA']) {
      const gate = await openGate(t, { env: { JWT_ALG: algorithm } })
      const token = await gate.accessToken(await gate.enter(await gate.makeAccount()))
      const { jwks_uri, issuer } = (await gate.client().get('/.well-known/openid-configuration')).body

      const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), {
        issuer,
        audience: issuer,
        typ: 'at+jwt',
        currentDate: new Date(gate.clock.now()),
      })

      assert.equal(protectedHeader.alg, algorithm)
      assert.deepEqual(payload.amr, ['pwd', 'otp'])
    }
  })

  it('is HS256 with JWT_SECRET, as in the brief', async (t) => {
    const secret = 'the-shared-secret-of-the-tests-long-enough-for-HS256'
    const gate = await openGate(t, { env: { JWT_SECRET: secret } })
    const token = await gate.accessToken(await gate.enter(await gate.makeAccount()))

    const { protectedHeader } = await jwtVerify(token, new TextEncoder().encode(secret), {
      currentDate: new Date(gate.clock.now()),
    })

    assert.equal(protectedHeader.alg, 'HS256')
    assert.equal((await gate.client().get('/auth/protected', { bearer: token })).status, 200)
  })

  it('carries the audience of the settings', async (t) => {
    const gate = await openGate(t, { env: { TOKEN_AUDIENCE: 'https://api.example.test' } })
    const token = await gate.accessToken(await gate.enter(await gate.makeAccount()))

    assert.equal(decodeJwt(token).aud, 'https://api.example.test')
    assert.equal((await gate.client().get('/auth/protected', { bearer: token })).status, 200)
  })

  it('needs a verified session', async (t) => {
    const gate = await openGate(t)
    const pending = await gate.logIn(await gate.makeAccount())

    assertProblem(await gate.client().post('/auth/token'), 401, 'session_missing')
    assertProblem(await pending.post('/auth/token'), 403, 'otp_required')
  })
})
