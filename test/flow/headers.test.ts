/** The headers of every answer, whatever its route and status (ASVS 3.4, 14.3.2). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate, type TestGate } from '../support/gate.ts'
import type { RequestOptions, Response } from '../support/http-client.ts'

const always = {
  'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

type Request = [method: string, path: string, options?: RequestOptions]

const refused: Request[] = [
  ['POST', '/auth/login', { body: { email: 'nobody@example.test', password: 'wrong' } }],
  ['POST', '/auth/login', { body: '{' }],
  ['POST', '/auth/login', { body: { email: 1 } }],
  ['POST', '/auth/login', { body: 'a=b', headers: { 'content-type': 'text/plain' } }],
  ['POST', '/auth/login', { body: 'x'.repeat(20_000) }],
  ['POST', '/auth/login', { body: {}, headers: { origin: 'https://evil.test' } }],
  ['GET', '/auth/login'],
  ['POST', '/auth/otp/resend'],
  ['POST', '/auth/verify-otp', { body: { otp: '123456' } }],
  ['POST', '/auth/token'],
  ['POST', '/auth/refresh', { body: { refreshToken: 'x' } }],
  ['GET', '/auth/protected'],
  ['GET', '/auth/protected', { bearer: 'a.b.c' }],
  ['GET', '/auth/check'],
  ['GET', '/auth/sessions'],
  ['DELETE', '/auth/sessions'],
  ['DELETE', '/auth/sessions/x'],
  ['GET', '/problems/x'],
  ['GET', '/nothing'],
  ['GET', '/nothing/%E0%A4%A'],
  ['OPTIONS', '/auth/login'],
  ['PUT', '/healthz'],
]

const served: Request[] = [
  ['GET', '/auth/session'],
  ['POST', '/auth/logout'],
  ['GET', '/healthz'],
  ['GET', '/readyz'],
  ['GET', '/openapi.json'],
  ['GET', '/problems/otp_invalid'],
  ['GET', '/_dev/inbox'],
  ['HEAD', '/healthz'],
]

/** These are published on purpose, for verifiers that keep them. */
const publicDocuments: Request[] = [
  ['GET', '/.well-known/jwks.json'],
  ['GET', '/.well-known/oauth-authorization-server'],
  ['GET', '/.well-known/openid-configuration'],
]

async function ask(gate: TestGate, [method, path, options]: Request): Promise<[string, Response]> {
  const reply = await gate.client().request(method, path, options)
  return [`${method} ${path} ${reply.status}`, reply]
}

/** The answers of a login from its start to its end. */
async function walk(gate: TestGate): Promise<[string, Response][]> {
  const ada = await gate.makeAccount()
  const client = gate.client()
  const replies: [string, Response][] = []
  const keep = async (name: string, reply: Promise<Response>) => {
    replies.push([name, await reply])
    return reply
  }
  await keep('login', client.post('/auth/login', { email: ada.email, password: ada.password }))
  await keep('verify', gate.verify(ada, client))
  const { body } = await keep('token', client.post('/auth/token', { refresh: true }))
  await keep('refresh', client.post('/auth/refresh', { refreshToken: body.refreshToken }))
  await keep('protected', client.get('/auth/protected', { bearer: body.accessToken }))
  await keep('check', client.get('/auth/check', { bearer: body.accessToken }))
  await keep('session', client.get('/auth/session'))
  await keep('sessions', client.get('/auth/sessions'))
  await keep('end the others', client.delete('/auth/sessions'))
  await keep('logout', client.post('/auth/logout'))
  return replies
}

function assertHeaders(name: string, { headers }: Response): void {
  for (const [header, value] of Object.entries(always))
    assert.equal(headers[header], value, `${name}: ${header}`)
  assert.match(String(headers['x-flow-id']), /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/, name)
  assert.match(String(headers.vary), /\bOrigin\b/, name)
  // What nobody may keep needs no tag.
  const forbidden = ['x-powered-by', 'server', ...(headers['cache-control'] === 'no-store' ? ['etag'] : [])]
  for (const header of forbidden) assert.equal(headers[header], undefined, name)
}

describe('the headers', () => {
  it('are on every answer, with no-store', async (t) => {
    const gate = await openGate(t)
    const replies = [...(await walk(gate))]
    for (const request of [...refused, ...served]) replies.push(await ask(gate, request))

    for (const [name, reply] of replies) {
      assertHeaders(name, reply)
      assert.equal(reply.headers['cache-control'], 'no-store', name)
      assert.equal(reply.headers['strict-transport-security'], undefined, name)
    }
  })

  it('are on the public documents too, which alone may be kept', async (t) => {
    const gate = await openGate(t)

    for (const request of publicDocuments) {
      const [name, reply] = await ask(gate, request)
      assertHeaders(name, reply)
      assert.equal(reply.status, 200, name)
      assert.match(String(reply.headers['cache-control']), /^public, max-age=\d+/, name)
    }
  })

  it('are on the answer to a preflight', async (t) => {
    const gate = await openGate(t, { env: { CORS_ORIGINS: 'https://app.example.test' } })

    const reply = await gate.client().request('OPTIONS', '/auth/login', {
      headers: { Origin: 'https://app.example.test', 'Access-Control-Request-Method': 'POST' },
    })

    assert.equal(reply.status, 204)
    assertHeaders('preflight', reply)
  })

  it('name the type of every answer that has a body', async (t) => {
    const gate = await openGate(t)

    for (const request of refused) {
      const [name, reply] = await ask(gate, request)
      assert.equal(reply.headers['content-type'], 'application/problem+json', name)
    }
    for (const [name, { status, headers }] of await walk(gate)) {
      const expected = status === 204 ? undefined : 'application/json; charset=utf-8'
      assert.equal(headers['content-type'], expected, name)
    }
  })
})

describe('behind https', () => {
  const https = { PUBLIC_URL: 'https://id.example.test', RATE_LIMITS: 'on' }

  it('every answer says so for two years', async (t) => {
    const gate = await openGate(t, { mode: 'production', env: https })
    const replies = [...(await walk(gate))]
    for (const request of [...refused, ...served, ...publicDocuments]) replies.push(await ask(gate, request))

    for (const [name, reply] of replies) {
      const value = reply.headers['strict-transport-security']
      assert.equal(value, 'max-age=63072000; includeSubDomains', name)
    }
  })

  it('the cookie is Secure and __Host-, without a Domain, and is taken back as such', async (t) => {
    const gate = await openGate(t, { mode: 'production', env: https })
    const ada = await gate.makeAccount()
    const client = gate.client()
    const login = await client.post('/auth/login', { email: ada.email, password: ada.password })
    const verified = await gate.verify(ada, client)
    const loggedOut = await client.post('/auth/logout')

    for (const { setCookies } of [login, verified, loggedOut]) {
      assert.equal(setCookies.filter((each) => each.startsWith('__Host-sallyport.sid=')).length, 1)
      for (const cookie of setCookies) {
        const [pair = '', ...attributes] = cookie.split('; ')
        assert.match(pair, /^__Host-sallyport\.(sid|known)=/)
        const fixed = attributes.filter((each) => !/^(Expires|Max-Age)=/.test(each))
        assert.deepEqual(fixed.sort(), ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'])
        assert.ok(cookie.length < 4_096)
      }
    }
  })

  it('a cookie of the plain name opens nothing', async (t) => {
    const gate = await openGate(t, { mode: 'production', env: https })
    const client = await gate.enter(await gate.makeAccount())
    const value = client.cookies.get('__Host-sallyport.sid') ?? ''
    const headers = { cookie: `sallyport.sid=${value}` }

    assert.deepEqual((await gate.client().get('/auth/session', { headers })).body, { stage: 'anonymous' })
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
  })
})
