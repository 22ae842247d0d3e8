/** A-LEAK-02: errors of every kind tell the caller a support code, and nothing of the inside. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { postgres } from '../support/engines.ts'
import { assertProblem, openGate, type TestGate } from '../support/gate.ts'
import type { Response } from '../support/http-client.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const inside =
  /\bat \w+.*\(|node_modules|\.ts\b|\/src\/|select |insert |sqlite|postgres|ECONN|express|node\/|v?\d+\.\d+\.\d+/i

function assertTellsNothing({ status, headers, body }: Response): void {
  assert.equal(headers['content-type'], 'application/problem+json')
  assert.match(String(headers['x-flow-id']), /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
  const { type, ...words } = body
  assert.ok(typeof type === 'string' && status >= 400)
  assert.doesNotMatch(JSON.stringify(words), inside)
  for (const name of ['x-powered-by', 'server']) assert.equal(headers[name], undefined)
}

describe('A-LEAK-02: errors', () => {
  it('of the caller tell nothing of the inside', async (t) => {
    const gate = await openGate(t, { mode: 'production' })
    const client = gate.client()
    for (const reply of [
      await client.post('/auth/login', '{'),
      await client.post('/auth/login', '{"email":"\\u00'),
      await client.post('/auth/login', []),
      await client.post('/auth/login', 'x'.repeat(20_000)),
      await client.post('/auth/login', 'x', { headers: { 'Content-Type': 'text/plain' } }),
      await client.get('/auth/login'),
      await client.get('/nothing'),
      await client.get('/%'),
      await client.get('/auth/%E0%A4%A'),
      await client.delete('/auth/sessions/%E0%A4%A'),
      await client.get('/problems/%E0%A4%A'),
      await client.get('/auth/protected', { bearer: 'x.y.z' }),
      await client.get('/auth/protected', { bearer: `${Buffer.from('{').toString('base64url')}.e30.AA` }),
      await client.post('/auth/refresh', { refreshToken: 'x' }),
      await client.request('PATCH', '/auth/login'),
      await client.request('PROPFIND', '/auth/login'),
    ]) {
      assert.ok(reply.status < 500)
      assertTellsNothing(reply)
    }
  })

  it('of the server are 500, with a support code that stands in the log with the reason', async (t) => {
    for (const mode of ['production', 'development'] as const) {
      const gate = await openGate(t, { mode })
      const broken = async () => {
        throw new TypeError('select secret from /srv/src/accounts.ts failed at ECONNREFUSED')
      }
      Object.assign(gate.sallyport().inside.gate, {
        passwords: { hash: broken, verify: broken, verifyNothing: broken },
      })

      const reply = await gate.client().post('/auth/login', { email: 'ada@example.test', password: 'x' })

      assertProblem(reply, 500, 'internal')
      assertTellsNothing(reply)
      assert.ok(
        gate.lines.some((line) => line.includes('select secret')),
        'the operator is told',
      )
    }
  })
})

describe('A-LEAK-02: the store is down', { skip: postgres.missing() }, () => {
  async function withoutStore(t: {
    after(done: () => Promise<void>): void
  }): Promise<{ gate: TestGate; cut(): void }> {
    const store = await postgres.open()
    const url = store.env.DATABASE_URL ?? ''
    const proxy = await startTcpProxy({ port: Number(new URL(url).port) })
    const env = { DATABASE_URL: proxy.through(url) }
    const engine = { ...postgres, open: async () => ({ ...store, env, cleanUp: async () => {} }) }
    const gate = await openGate(undefined, { engine, mode: 'production', quickPasswords: true })
    t.after(async () => {
      await gate.close()
      await proxy.close()
      await store.cleanUp()
    })
    return { gate, cut: proxy.cut }
  }

  it('every route is 503 in time and says when to come again; nothing opens', async (t) => {
    const { gate, cut } = await withoutStore(t)
    const ada = await gate.makeAccount()
    const client = await gate.enter(ada)
    const { accessToken: bearer, refreshToken } = await gate.bothTokens(client)
    cut()

    for (const ask of [
      () => client.post('/auth/login', { email: ada.email, password: ada.password }),
      () => client.post('/auth/login', { email: 'nobody@example.test', password: 'x' }),
      () => client.post('/auth/verify-otp', { otp: '123456' }),
      () => client.post('/auth/token'),
      () => client.get('/auth/session'),
      () => client.get('/auth/sessions'),
      () => client.post('/auth/logout'),
      () => gate.client().post('/auth/refresh', { refreshToken }),
      () => gate.client().get('/auth/protected', { bearer }),
      () => gate.client().get('/readyz'),
    ]) {
      const startedAt = performance.now()
      const reply = await ask()
      assertProblem(reply, 503, 'service_unavailable')
      assertTellsNothing(reply)
      assert.ok(Number(reply.headers['retry-after']) >= 1)
      assert.ok(performance.now() - startedAt < 5_000)
    }
    assert.equal((await client.get('/healthz')).status, 200)
  })
})
