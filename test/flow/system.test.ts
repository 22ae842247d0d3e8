/** What machines ask: health, readiness, the description of the API. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deployments, postgres } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

for (const engine of deployments) {
  describe(`health, ${engine.name}`, { skip: engine.missing() }, () => {
    it('says that it lives and is ready', async (t) => {
      const gate = await openGate(t, { engine })

      const health = await gate.client().get('/healthz')
      const ready = await gate.client().get('/readyz')

      assert.deepEqual([health.status, health.body], [200, { status: 'ok' }])
      assert.deepEqual([ready.status, ready.body], [200, { status: 'ready' }])
    })
  })
}

describe('readiness', { skip: postgres.missing() }, () => {
  it('is 503 while the store is down, and comes back with it', async (t) => {
    const store = await postgres.open()
    t.after(store.cleanUp)
    const proxy = await startTcpProxy({ port: Number(new URL(store.env.DATABASE_URL ?? '').port) })
    const env = { DATABASE_URL: proxy.through(store.env.DATABASE_URL ?? '') }
    const gate = await openGate(undefined, {
      engine: { ...postgres, open: async () => ({ ...store, env, cleanUp: async () => {} }) },
    })
    t.after(async () => {
      await gate.close()
      await proxy.close()
    })
    assert.equal((await gate.client().get('/readyz')).status, 200)

    proxy.cut()
    const down = await gate.client().get('/readyz')
    const alive = await gate.client().get('/healthz')
    const protectedDown = await gate.client().get('/auth/session', { headers: { cookie: 'sallyport.sid=x' } })
    proxy.restore()
    const up = await gate.client().get('/readyz')

    const problem = assertProblem(down, 503, 'service_unavailable')
    assert.deepEqual(problem.failing, ['store'])
    assert.equal(down.headers['retry-after'], '2')
    assert.equal(alive.status, 200)
    // A cookie that is not signed needs no store.
    assert.equal(protectedDown.status, 200)
    assert.equal(up.status, 200)
  })
})

describe('the API description', () => {
  it('is OpenAPI 3.1 and has every route of the contract', async (t) => {
    const gate = await openGate(t)

    const { status, body } = await gate.client().get('/openapi.json')

    assert.equal(status, 200)
    assert.equal(body.openapi, '3.1.0')
    assert.deepEqual(body.servers, [{ url: gate.publicUrl }])
    const routes = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    for (const route of [
      'POST /auth/login',
      'POST /auth/otp/resend',
      'POST /auth/verify-otp',
      'POST /auth/token',
      'POST /auth/refresh',
      'GET /auth/protected',
      'GET /auth/check',
      'GET /auth/session',
      'POST /auth/logout',
      'GET /auth/sessions',
      'DELETE /auth/sessions',
      'DELETE /auth/sessions/{id}',
      'GET /.well-known/jwks.json',
      'GET /.well-known/oauth-authorization-server',
      'GET /.well-known/openid-configuration',
      'GET /healthz',
      'GET /readyz',
      'GET /problems/{code}',
      'GET /openapi.json',
    ]) {
      assert.ok(routes.includes(route), `${route} is not described`)
    }
    assert.deepEqual(
      routes.filter((each) => each.includes('_dev')),
      [],
    )
  })
})

describe('the inbox of codes', () => {
  it('gives the newest code to an address in development', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()
    await gate.logIn(ada)

    const reply = await gate.client().get('/_dev/inbox/latest?to=ada@example.test&wait=5s')

    assert.equal(reply.status, 200)
    const code = await gate.code(ada)
    assert.deepEqual(reply.body, {
      to: 'ada@example.test',
      subject: `${code} is your Sallyport code`,
      code,
      sentAt: '2026-01-01T00:00:00.000Z',
    })
  })

  it('waits for a mail that is not there yet', async (t) => {
    const gate = await openGate(t)
    const ada = await gate.makeAccount()

    const waiting = gate.client().get('/_dev/inbox/latest?to=ada@example.test&wait=5s')
    await gate.logIn(ada)

    assert.equal((await waiting).body.code, await gate.code(ada))
  })

  it('is an ordinary 404 for another host name, a proxy, and in production', async (t) => {
    const gate = await openGate(t)
    const deployed = await openGate(t, { mode: 'production' })

    for (const path of ['/_dev/inbox', '/_dev/inbox/latest']) {
      assert.equal((await gate.client().get('/_dev/inbox')).status, 200)
      const rebound = await gate.client().get(path, { headers: { Host: `evil.test:${gate.port}` } })
      assertProblem(rebound, 404, 'not_found')
      const proxied = await gate.client().get(path, { headers: { 'X-Forwarded-For': '203.0.113.9' } })
      assertProblem(proxied, 404, 'not_found')
      assertProblem(await deployed.client().get(path), 404, 'not_found')
    }
  })
})

describe('the surroundings', () => {
  it('tell of a proxy that is not trusted, once in the log, and in readyz by name', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const headers = { 'X-Forwarded-For': '203.0.113.9' }
    const body = { email: 'nobody@example.test', password: 'no password' }
    assert.deepEqual((await gate.client().get('/readyz')).body, { status: 'ready' })

    for (let n = 0; n < 2; n++) await gate.client().post('/auth/login', body, { headers })

    assert.deepEqual((await gate.client().get('/readyz')).body, {
      status: 'ready',
      notices: ['forwarded_by_untrusted_peer'],
    })
    const told = gate.lines.filter((line) => line.includes('127.0.0.1 sends X-Forwarded-For'))
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', /TRUST_PROXY=1/)
  })

  it('are quiet about a proxy that is trusted', async (t) => {
    const gate = await openGate(t, { mode: 'production', env: { TRUST_PROXY: '1' } })
    const headers = { 'X-Forwarded-For': '203.0.113.9' }
    const body = { email: 'nobody@example.test', password: 'no password' }

    await gate.client().post('/auth/login', body, { headers })

    assert.deepEqual((await gate.client().get('/readyz')).body, { status: 'ready' })
  })
})
