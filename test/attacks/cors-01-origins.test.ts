/** A-CORS-01: a page of any origin reads the answers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate, type TestGate } from '../support/gate.ts'
import type { Response } from '../support/http-client.ts'

const env = { CORS_ORIGINS: 'https://app.example.test,http://localhost:3000' }
const strangers = [
  'https://evil.test',
  'null',
  'https://app.example.test.evil.test',
  'https://evilapp.example.test',
  'https://appxexample.test',
  'https://sub.app.example.test',
  'http://app.example.test',
  'https://app.example.test:8443',
  'https://app.example.test/',
  'https://APP.example.test',
  'https://app.example.test,http://localhost:3000',
  'http://localhost:30001',
  'http://localhost',
  'file://',
  '*',
  '',
]

const preflight = (gate: TestGate, origin: string, path = '/auth/token') =>
  gate.client().request('OPTIONS', path, {
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    },
  })

function assertNoCors(reply: Response, name: string): void {
  const found = Object.keys(reply.headers).filter((header) => header.startsWith('access-control-'))
  assert.deepEqual(found, [], name)
  assert.match(String(reply.headers.vary), /\bOrigin\b/, name)
}

describe('A-CORS-01: origins', () => {
  it('that are not listed get no CORS header, before the request and with it', async (t) => {
    const gate = await openGate(t, { env })
    const client = await gate.enter(await gate.makeAccount())
    for (const origin of strangers) {
      const asked = await preflight(gate, origin)
      assertNoCors(asked, `preflight of ${origin}`)
      assert.equal(asked.status, 404)
      const got = await client.get('/auth/session', { headers: { Origin: origin } })
      assertNoCors(got, `GET of ${origin}`)
      const posted = await client.post('/auth/token', {}, { headers: { Origin: origin } })
      assertNoCors(posted, `POST of ${origin}`)
      assert.equal(posted.status, 403, origin)
    }
  })

  it('that are listed may send credentials and read the answer', async (t) => {
    const gate = await openGate(t, { env })
    const client = await gate.enter(await gate.makeAccount())
    for (const origin of env.CORS_ORIGINS.split(',')) {
      const asked = await preflight(gate, origin)
      assert.equal(asked.status, 204)
      assert.equal(asked.headers['access-control-allow-origin'], origin)
      assert.equal(asked.headers['access-control-allow-credentials'], 'true')
      assert.equal(asked.headers['access-control-allow-methods'], 'POST')
      assert.match(String(asked.headers['access-control-allow-headers']), /Content-Type/)
      const posted = await client.post('/auth/token', {}, { headers: { Origin: origin } })
      assert.equal(posted.status, 200)
      assert.equal(posted.headers['access-control-allow-origin'], origin)
      assert.equal(posted.headers['access-control-allow-credentials'], 'true')
      assert.match(String(posted.headers.vary), /\bOrigin\b/)
    }
  })

  it('that are listed read refusals too, or a page could not tell why', async (t) => {
    const gate = await openGate(t, { env })
    const headers = { Origin: 'https://app.example.test' }
    const login = { email: 'nobody@example.test', password: 'x' }
    for (const reply of [
      await gate.client().post('/auth/login', login, { headers }),
      await gate.client().post('/auth/token', undefined, { headers }),
      await gate.client().get('/auth/protected', { headers }),
    ]) {
      assert.equal(reply.headers['access-control-allow-origin'], 'https://app.example.test')
      assert.match(String(reply.headers['access-control-expose-headers']), /X-Flow-Id/)
    }
  })

  it('the answer to a preflight differs by origin, and says so to caches', async (t) => {
    const gate = await openGate(t, { env })

    assert.match(String((await preflight(gate, 'https://app.example.test')).headers.vary), /\bOrigin\b/)
  })

  it('nobody is listed unless the settings say so', async (t) => {
    const gate = await openGate(t)
    for (const origin of ['https://app.example.test', 'http://localhost:3000']) {
      assertNoCors(await preflight(gate, origin), origin)
    }
  })

  it('published keys are for every page, and never with credentials', async (t) => {
    const gate = await openGate(t, { env })
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      for (const origin of ['https://evil.test', 'https://app.example.test']) {
        const { headers } = await gate.client().get(path, { headers: { Origin: origin } })
        assert.equal(headers['access-control-allow-origin'], '*')
        assert.equal(headers['access-control-allow-credentials'], undefined, origin)
      }
    }
  })
})
