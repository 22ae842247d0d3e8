/** The account's own claims: what an operator lets access tokens say, and how soon they stop saying it. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { deployments } from '../support/engines.ts'
import { assertProblem, claimsOf, openGate, type TestGate } from '../support/gate.ts'
import { type Client, createClient } from '../support/http-client.ts'

for (const engine of deployments) {
  describe(`claims, ${engine.name}`, { skip: engine.missing() }, () => {
    it('are in the access token, and in what a guard gives to an application', async (t) => {
      const gate = await openGate(t, { engine })
      const app = await openApp(t, gate)
      const ada = await gate.makeAccount()
      await gate.setClaims(ada, { plan: 'pro', roles: ['editor', 'admin'], limits: { seats: 3 } })
      const client = await gate.enter(ada)

      const bearer = await gate.accessToken(client)

      const { plan, roles, limits, ...standard } = claimsOf(bearer)
      assert.deepEqual(
        { plan, roles, limits },
        { plan: 'pro', roles: ['editor', 'admin'], limits: { seats: 3 } },
      )
      assert.equal(standard.sub, ada.id)
      const { sessionId } = (await client.get('/auth/session')).body
      assert.deepEqual((await app.get('/auth', { bearer })).body, {
        accountId: ada.id,
        sessionId,
        email: ada.email,
        amr: ['pwd', 'otp'],
        claims: { plan: 'pro', roles: ['editor', 'admin'], limits: { seats: 3 } },
      })
    })

    it('end a token within a second when one of them is changed or taken away', async (t) => {
      const gate = await openGate(t, { engine })
      const app = await openApp(t, gate)
      const ada = await gate.makeAccount()
      for (const [before, after] of [
        [
          { plan: 'pro', seats: 3 },
          { plan: 'free', seats: 3 },
        ],
        [{ plan: 'pro', seats: 3 }, { plan: 'pro' }],
        [{ roles: ['admin', 'editor'] }, { roles: ['editor'] }],
      ] as Record<string, unknown>[][]) {
        await gate.setClaims(ada, before ?? {})
        const client = await gate.enter(ada)
        const { accessToken: bearer, refreshToken } = await gate.bothTokens(client)
        assert.equal((await client.get('/auth/protected', { bearer })).status, 200)

        await gate.setClaims(ada, after ?? {})

        await refusedWithin(client, bearer, 1_000)
        const refused = await client.get('/auth/protected', { bearer })
        assert.equal(
          assertProblem(refused, 401, 'token_invalid').detail,
          'The claims of the account have changed since this token was issued.',
        )
        assert.equal(
          refused.headers['www-authenticate'],
          'Bearer error="invalid_token", error_description="the claims of the account have changed"',
        )
        assertProblem(await client.get('/auth/check', { bearer }), 401, 'token_invalid')
        assertProblem(await app.get('/auth', { bearer }), 401, 'token_invalid')
        const { accessToken } = (await client.post('/auth/refresh', { refreshToken })).body
        assert.deepEqual((await app.get('/auth', { bearer: accessToken })).body.claims, after)
      }
    })

    it('may get more: a token of before stays good, and the next one says it', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      await gate.setClaims(ada, { plan: 'pro' })
      const client = await gate.enter(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(client)

      await gate.setClaims(ada, { seats: 3, plan: 'pro' })
      await sleep(1_000)

      assert.equal((await client.get('/auth/protected', { bearer })).status, 200)
      const refreshed = await gate.client().post('/auth/refresh', { refreshToken })
      const { plan, seats } = claimsOf(refreshed.body.accessToken)
      assert.deepEqual({ plan, seats }, { plan: 'pro', seats: 3 })
    })

    it('let a new token in at once, while the old ones are still remembered', async (t) => {
      const gate = await openGate(t, { engine })
      const ada = await gate.makeAccount()
      const client = await gate.enter(ada)
      const { accessToken: bearer, refreshToken } = await gate.bothTokens(client)

      for (const claims of [{ plan: 'free' }, { plan: 'pro' }]) {
        await client.get('/auth/protected', { bearer })
        await gate.setClaims(ada, claims)
        const fresh = await gate.accessToken(client)
        assert.equal((await client.get('/auth/protected', { bearer: fresh })).status, 200)
      }
      const refreshed = await client.post('/auth/refresh', { refreshToken })
      const { accessToken } = refreshed.body
      assert.equal((await client.get('/auth/protected', { bearer: accessToken })).status, 200)
    })
  })
}

describe('claims', () => {
  it('can not have a name that tokens give a meaning of their own', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()

    const registered = 'iss aud sub sid jti iat exp nbf auth_time amr acr azp client_id scope typ cnf'
    for (const name of [...registered.split(' '), 'toJSON', '__proto__']) {
      await assert.rejects(gate.setClaims(ada, JSON.parse(`{ "${name}": "x" }`)), {
        message: `"${name}" is a claim of the token itself.`,
      })
    }
    for (const name of ['', '1st', 'two words', 'a'.repeat(65), 'naïve']) {
      await assert.rejects(gate.setClaims(ada, { [name]: 'x' }), {
        message: `"${name}" is not a name for a claim.`,
      })
    }
    for (const name of ['plan', 'https://example.test/plan', 'urn:example:plan', 'a'.repeat(64)]) {
      await gate.setClaims(ada, { [name]: 'x' })
    }
  })

  it('take at most 1024 bytes', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const most = { plan: 'x'.repeat(1_024 - '{"plan":""}'.length) }
    await gate.setClaims(ada, most)

    for (const tooMuch of [{ plan: `${most.plan}x` }, { plan: 'é'.repeat(512) }]) {
      await assert.rejects(gate.setClaims(ada, tooMuch), {
        message: 'They take more than 1024 bytes as JSON. Keep what an API needs on every call.',
      })
    }

    const bearer = await gate.accessToken(await gate.enter(ada))
    assert.equal(claimsOf(bearer).plan, most.plan)
  })

  it('are not in the session, which says who somebody is and no more', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.setClaims(ada, { plan: 'pro' })
    const client = await gate.enter(ada)

    assert.deepEqual(Object.keys((await client.get('/auth/session')).body).sort(), [
      'expiresAt',
      'sessionId',
      'stage',
      'user',
    ])
  })

  it('leave the token as it is where there are none', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.setClaims(ada, {})

    const claims = claimsOf(await gate.accessToken(await gate.enter(ada)))

    assert.deepEqual(Object.keys(claims).sort(), [
      ...['amr', 'aud', 'auth_time', 'client_id', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub'],
    ])
  })

  it('end no token of another account', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    const eve = await gate.makeAccount('eve@example.test')
    for (const account of [ada, eve]) await gate.setClaims(account, { plan: 'pro' })
    const client = await gate.enter(eve)
    const bearer = await gate.accessToken(client)

    await gate.setClaims(ada, { plan: 'free' })
    await sleep(1_000)

    assert.equal((await client.get('/auth/protected', { bearer })).status, 200)
  })
})

/** An application of somebody else that is guarded by access tokens. */
async function openApp(t: TestContext, gate: TestGate): Promise<Client> {
  const app = express()
  app.get('/auth', gate.sallyport().requireAccessToken, (req, res) => void res.json(req.auth))
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = createClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => {
    client.close()
    server.close()
  })
  return client
}

/** No request that is sent later than this is let in. */
async function refusedWithin(client: Client, bearer: string, milliseconds: number): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const sentAfterMs = performance.now() - startedAt
    if ((await client.get('/auth/protected', { bearer })).status === 401) return
    assert.ok(sentAfterMs < milliseconds, `still good after ${sentAfterMs} ms`)
    await sleep(20)
  }
}
