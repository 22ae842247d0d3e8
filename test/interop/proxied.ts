/** UX-08, for any proxy that asks /auth/check: what reaches the API, what the client is told, and what a client can't say. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { openForge } from '../attacks/forge.ts'
import { createManualClock } from '../support/clock.ts'
import { claimsOf, openGate, type TestAccount, type TestGate } from '../support/gate.ts'
import type { Client } from '../support/http-client.ts'
import { freePort } from '../support/ports.ts'
import { postgresMissing, startPostgres } from '../support/postgres.ts'
import { engineAt } from '../support/processes.ts'
import { eventually } from '../support/services.ts'
import { foreignTokens } from './foreign.ts'
import { openProxiedApi, type ProxiedApi } from './proxied-api.ts'
import { type ProxyProgram, proxyMissing, startProxy } from './proxy-program.ts'

type Scene = {
  gate: TestGate
  ada: TestAccount
  api: ProxiedApi
  proxy: Client
  /** Of the proxy. */
  port: number
  browser: Client
  bearer: string
}

export function guardsAnApi(program: ProxyProgram): void {
  describe(`an API behind ${program.name}`, { skip: proxyMissing(program) }, () => {
    it('is reached with a good token, and told whose it is', async (t) => {
      const { api, proxy, bearer, ada } = await openScene(t, program)

      const reply = await proxy.get('/api/things?of=ada', { bearer })

      assert.deepEqual([reply.status, reply.body], [200, { reached: true }])
      assert.equal(api.reached[0]?.path, '/api/things?of=ada')
      assert.deepEqual(api.received('X-Auth-Sub'), [ada.id])
      assert.deepEqual(api.received('X-Auth-Sid'), [claimsOf(bearer).sid])
      assert.deepEqual(api.received('X-Auth-Amr'), ['pwd otp'])
    })

    it('gets every method and body, while the check stays a GET', async (t) => {
      const { api, proxy, bearer } = await openScene(t, program)

      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const reply = await proxy.request(method, '/api/things', { bearer, body: { of: method } })
        assert.equal(reply.status, 200, method)
      }
      assert.equal((await proxy.request('HEAD', '/api/things', { bearer })).status, 200)

      assert.deepEqual(
        api.reached.slice(0, 4).map(({ method, body }) => [method, JSON.parse(body).of]),
        ['POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [method, method]),
      )
    })

    it('is not reached without a token: 401 with WWW-Authenticate', async (t) => {
      const { api, proxy, browser } = await openScene(t, program)
      const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')

      for (const headers of [{}, { Cookie: cookie }, { Authorization: 'Basic YTpi' }]) {
        const reply = await proxy.get('/api/things', { headers })
        assert.equal(reply.status, 401, JSON.stringify(headers))
        assert.match(String(reply.headers['www-authenticate']), /^Bearer/)
        assert.match(String(reply.headers['content-type']), /json/)
      }
      assert.equal((await proxy.post('/api/things', { a: 1 })).status, 401)
      assert.deepEqual(api.reached, [])
    })

    it('is not reached with a token that is not ours, or not good any more', async (t) => {
      const forge = await openForge(t, 'ES256', { clock: createManualClock(Date.now()) })
      const api = await openProxiedApi(t)
      const { client: proxy } = await startProxy(t, program, { sallyport: forge.gate.port, api: api.port })

      const tokens = await foreignTokens(forge, 'ES256')
      await forge.client.post('/auth/logout')
      for (const [name, bearer] of Object.entries({ ...tokens, 'of an ended session': forge.token })) {
        const reply = await proxy.get('/api/things', { bearer })
        assert.equal(reply.status, 401, name)
        assert.match(String(reply.headers['www-authenticate']), /error="invalid_token"/, name)
      }
      assert.deepEqual(api.reached, [])
    })

    it('hears nothing that the client says about itself', async (t) => {
      const { api, proxy, bearer, ada } = await openScene(t, program)
      const lies: Record<string, string | string[]>[] = [
        { 'X-Auth-Sub': 'admin', 'X-Auth-Sid': 'x', 'X-Auth-Amr': 'hwk' },
        { 'X-Auth-Sub': ['admin', 'root'] },
        { 'x-auth-sub': 'admin', X_Auth_Sub: 'admin' },
        { 'X-Auth-Sub': 'admin', Connection: 'close, X-Auth-Sub' },
        { 'X-Auth_Sub': 'admin', 'X_Auth-Sub': 'admin', 'x-auth.sub': 'admin' },
        { 'X-Auth-Sub': '', 'X-Forwarded-Uri': '/public', 'X-Original-URL': '/public' },
      ]
      for (const headers of lies) {
        assert.equal((await proxy.get('/api/things', { bearer, headers })).status, 200)
        assert.deepEqual(api.received('X-Auth-Sub'), [ada.id], JSON.stringify(headers))
        for (const name of ['X_Auth_Sub', 'X-Auth_Sub', 'X_Auth-Sub', 'X-Auth.Sub'])
          assert.deepEqual(api.received(name), [], `${name} ${JSON.stringify(headers)}`)
      }
      for (const headers of lies) assert.equal((await proxy.get('/api/things', { headers })).status, 401)
      assert.equal(api.reached.length, lies.length)
    })

    it('is not reached by way of odd paths, or of the check itself', async (t) => {
      const { api, port } = await openScene(t, program)

      // Refused, not there, or sent on to the path that it would be.
      for (const path of [
        ...['//api/things', '/API/things', '/x/../api/things', '/x/%2e%2e/api/things', '/%61pi/things'],
        ...['/api/../api/things', '/./api/things', '/_check', '/api', '/api/../_check'],
      ])
        assert.ok((await statusOf(port, path)) >= 300, path)
      assert.deepEqual(api.reached, [])
    })

    it('speaks for itself: its own 500 is its own', async (t) => {
      const { proxy, bearer } = await openScene(t, program)

      const reply = await proxy.get('/api/broken', { bearer })

      assert.deepEqual([reply.status, reply.body], [500, 'the API is broken'])
    })

    it('is closed with 503 while the store of Sallyport is down', { skip: postgresMissing() }, async (t) => {
      const postgres = await startPostgres()
      t.after(() => postgres.close())
      const { api, proxy, bearer } = await openScene(t, program, { engine: engineAt(postgres) })
      assert.equal((await proxy.get('/api/things', { bearer })).status, 200)

      await postgres.stop()
      // What was asked less than a second ago is still known.
      await eventually(async () => assertNoVerdict(await proxy.get('/api/things', { bearer })))
      const reached = api.reached.length
      assertNoVerdict(await proxy.get('/api/things', { bearer }))
      assert.equal(api.reached.length, reached)

      await postgres.start()
      await eventually(async () => assert.equal((await proxy.get('/api/things', { bearer })).status, 200))
    })

    it('is closed with 503 while Sallyport is away, or silent', async (t) => {
      const api = await openProxiedApi(t)
      const silent = createServer(() => {})
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      t.after(() => void silent.close())
      const { port } = silent.address() as { port: number }
      for (const sallyport of [await freePort(), port]) {
        const { client } = await startProxy(t, program, { sallyport, api: api.port })
        const startedAt = performance.now()
        assertNoVerdict(await client.get('/api/things', { bearer: 'a.b.c' }))
        assert.ok(performance.now() - startedAt < 8_000)
      }
      assert.deepEqual(api.reached, [])
    })
  })
}

async function openScene(
  t: TestContext,
  program: ProxyProgram,
  options: Parameters<typeof openGate>[1] = {},
): Promise<Scene> {
  const gate = await openGate(t, { ...options, env: { TRUST_PROXY: '1', ...options.env } })
  const ada = await gate.makeAccount()
  const browser = await gate.enter(ada)
  const bearer = await gate.accessToken(browser)
  const api = await openProxiedApi(t)
  const { client: proxy, port } = await startProxy(t, program, { sallyport: gate.port, api: api.port })
  return { gate, ada, api, proxy, port, browser, bearer }
}

/** The path goes out as it is written, which a URL would tidy up. */
async function statusOf(port: number, path: string): Promise<number> {
  const outgoing = request({ port, host: '127.0.0.1', path, agent: false }).end()
  const [{ statusCode }] = await once(outgoing, 'response')
  outgoing.destroy()
  return statusCode
}

function assertNoVerdict({ status, headers }: { status: number; headers: Record<string, unknown> }): void {
  assert.equal(status, 503)
  assert.match(String(headers['retry-after']), /^[1-9]\d*$/)
  assert.match(String(headers['content-type']), /problem\+json/)
}
