/** Every refusal of contract 4 that this server can give, each from a real request. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue } from '../../src/problems/catalogue.ts'
import { assertProblem, openGate, type TestGate, wrongCode } from '../support/gate.ts'
import type { Response } from '../support/http-client.ts'
import { serviceOf } from '../support/services-of-clients.ts'

type Case = {
  code: keyof typeof catalogue
  status: number
  env?: Record<string, string>
  ask: (gate: TestGate) => Promise<Response>
}

const credentials = { email: 'nobody@example.test', password: 'not the password' }

const cases: Case[] = [
  { code: 'invalid_request', status: 400, ask: (gate) => gate.client().post('/auth/login', { email: 1 }) },
  { code: 'malformed_json', status: 400, ask: (gate) => gate.client().post('/auth/login', "{'email'}") },
  { code: 'invalid_credentials', status: 401, ask: (gate) => gate.client().post('/auth/login', credentials) },
  { code: 'session_missing', status: 401, ask: (gate) => gate.client().post('/auth/token') },
  {
    code: 'session_ended',
    status: 401,
    async ask(gate) {
      const client = await gate.enter(await gate.makeAccount())
      const copy = client.clone()
      await client.post('/auth/logout')
      return copy.post('/auth/token')
    },
  },
  {
    code: 'otp_required',
    status: 403,
    ask: async (gate) => (await gate.logIn(await gate.makeAccount())).post('/auth/token'),
  },
  {
    code: 'otp_invalid',
    status: 401,
    async ask(gate) {
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      return client.post('/auth/verify-otp', { otp: wrongCode(await gate.code(ada)) })
    },
  },
  {
    code: 'otp_expired',
    status: 401,
    async ask(gate) {
      const ada = await gate.makeAccount()
      const client = await gate.logIn(ada)
      gate.clock.advance('10m')
      return gate.verify(ada, client)
    },
  },
  { code: 'otp_attempts_exhausted', status: 401, ask: (gate) => guessWrongly(gate, 6) },
  { code: 'otp_locked', status: 429, ask: (gate) => guessWrongly(gate, 10) },
  {
    code: 'otp_not_pending',
    status: 409,
    ask: async (gate) => (await gate.enter(await gate.makeAccount())).post('/auth/otp/resend'),
  },
  {
    code: 'otp_resend_too_soon',
    status: 429,
    ask: async (gate) => (await gate.logIn(await gate.makeAccount())).post('/auth/otp/resend'),
  },
  { code: 'bearer_missing', status: 403, ask: (gate) => gate.client().get('/auth/protected') },
  {
    code: 'token_invalid',
    status: 401,
    ask: (gate) => gate.client().get('/auth/protected', { bearer: 'a.b.c' }),
  },
  {
    code: 'token_expired',
    status: 401,
    async ask(gate) {
      const bearer = await gate.accessToken(await gate.enter(await gate.makeAccount()))
      gate.clock.advance('5m')
      return gate.client().get('/auth/protected', { bearer })
    },
  },
  {
    code: 'client_invalid',
    status: 401,
    ask: (gate) => serviceOf(gate).introspect('x'),
  },
  {
    code: 'refresh_invalid',
    status: 401,
    ask: (gate) => gate.client().post('/auth/refresh', { refreshToken: 'srt_x' }),
  },
  {
    code: 'refresh_reused',
    status: 401,
    async ask(gate) {
      const { refreshToken } = await gate.bothTokens(await gate.enter(await gate.makeAccount()))
      await gate.client().post('/auth/refresh', { refreshToken })
      gate.clock.advance('31s')
      return gate.client().post('/auth/refresh', { refreshToken })
    },
  },
  {
    code: 'rate_limited',
    status: 429,
    env: { RATE_LIMITS: 'on' },
    async ask(gate) {
      for (let n = 0; n < 10; n++) await gate.client().post('/auth/login', credentials)
      return gate.client().post('/auth/login', credentials)
    },
  },
  {
    code: 'password_rejected',
    status: 422,
    ask: (gate) => gate.client().post('/auth/register', { ...credentials, password: 'password1' }),
  },
  {
    code: 'reauth_required',
    status: 403,
    async ask(gate) {
      const client = await gate.enter(await gate.makeAccount())
      gate.clock.advance('11m')
      return client.get('/auth/account/export')
    },
  },
  {
    code: 'registration_closed',
    status: 403,
    env: { REGISTRATION: 'closed' },
    ask: (gate) => gate.client().post('/auth/register', credentials),
  },
  {
    code: 'mailed_code_invalid',
    status: 401,
    ask: (gate) => gate.client().post('/auth/email/undo', { code: '7KQ2M-X4DPA' }),
  },
  { code: 'email_taken', status: 409, ask: changeToOneAddress },
  {
    code: 'cross_site_request',
    status: 403,
    ask: (gate) =>
      gate.client().post('/auth/login', credentials, { headers: { Origin: 'https://evil.test' } }),
  },
  {
    code: 'unsupported_media_type',
    status: 415,
    ask: (gate) =>
      gate.client().post('/auth/login', 'email=a', {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }),
  },
  {
    code: 'payload_too_large',
    status: 413,
    ask: (gate) => gate.client().post('/auth/login', { ...credentials, more: 'x'.repeat(17_000) }),
  },
  { code: 'not_found', status: 404, ask: (gate) => gate.client().get('/auth/nothing') },
  { code: 'wrong_method', status: 404, ask: (gate) => gate.client().get('/auth/login') },
  {
    code: 'service_unavailable',
    status: 503,
    async ask(gate) {
      // The store is gone, as with a disk that was pulled.
      await gate.sallyport().inside.gate.stores.database.close()
      return gate.client().get('/readyz')
    },
  },
]

/** A fault, and so without a request. */
const elsewhere = ['internal']

/** Both are sent a code for the same address, and the first one is through. */
async function changeToOneAddress(gate: TestGate): Promise<Response> {
  const newEmail = 'new@example.test'
  const ada = await gate.enter(await gate.makeAccount('ada@example.test'))
  const bob = await gate.enter(await gate.makeAccount('bob@example.test'))
  await ada.post('/auth/email/change', { newEmail })
  const otp = await gate.code({ email: newEmail })
  await bob.post('/auth/email/change', { newEmail })
  const late = await gate.code({ email: newEmail })
  await ada.post('/auth/email/confirm', { otp })
  return bob.post('/auth/email/confirm', { otp: late })
}

async function guessWrongly(gate: TestGate, times: number): Promise<Response> {
  const ada = await gate.makeAccount()
  let client = await gate.logIn(ada)
  for (let n = 1; ; n++) {
    const reply = await client.post('/auth/verify-otp', { otp: wrongCode(await gate.code(ada)) })
    if (n === times) return reply
    if (times > 6 && n % 5 === 0) client = await gate.logIn(ada)
  }
}

describe('the refusals', () => {
  it('are all asked for here', () => {
    const codes = [...cases.map(({ code }) => code), ...elsewhere]
    assert.deepEqual(codes.sort(), Object.keys(catalogue).sort())
  })

  for (const { code, status, env = {}, ask } of cases) {
    it(`${code} is ${status}, whole, with a page that explains it`, async (t) => {
      const gate = await openGate(code === 'service_unavailable' ? undefined : t, { env })

      const reply = await ask(gate)

      const problem = assertProblem(reply, status, code)
      assert.equal(problem.type, `${gate.publicUrl}/problems/${code}`)
      assert.equal(problem.title, catalogue[code].title)
      assert.match(problem.instance, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
      for (const text of ['detail', 'fix']) assert.ok(problem[text].length > 10, `${text}: ${problem[text]}`)
      assert.equal(reply.headers['cache-control'], 'no-store')
      const page = await gate.client().get(new URL(problem.type).pathname)
      assert.equal(page.status, 200)
      assert.match(String(page.headers['content-type']), /^text\/html/)
      assert.ok(page.body.includes(`<code>${code}</code>`))
      if (code === 'service_unavailable') await gate.close().catch(() => {})
    })
  }

  it('say when to come again', async (t) => {
    for (const { code, status, env = {}, ask } of cases) {
      if (status !== 429) continue
      const gate = await openGate(t, { env })
      const retryAfter = Number((await ask(gate)).headers['retry-after'])
      assert.ok(retryAfter >= 1 && retryAfter <= 900, `${code}: ${retryAfter}`)
    }
  })

  it('have a page for every code, and none for what is no code', async (t) => {
    const gate = await openGate(t)
    for (const code of Object.keys(catalogue)) {
      assert.equal((await gate.client().get(`/problems/${code}`)).status, 200)
    }
    for (const name of ['nothing', '__proto__', 'constructor', '%3Cscript%3E', 'otp_invalid/']) {
      assertProblem(await gate.client().get(`/problems/${name}`), 404, 'not_found')
    }
  })

  it('explain themselves in words that fit the client, with the observed cause', async (t) => {
    const gate = await openGate(t)
    const client = gate.client()

    const asGet = assertProblem(await client.get('/auth/login'), 404, 'wrong_method')
    assert.equal(asGet.cause, 'get_instead_of_post')
    assert.match(asGet.fix, /^Send POST, not GET/)
    const form = await client.post('/auth/login', 'a=b', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    assert.equal(assertProblem(form, 415, 'unsupported_media_type').cause, 'form_body')
    const empty = await client.post('/auth/login')
    assert.equal(assertProblem(empty, 400, 'malformed_json').cause, 'empty')
  })

  it('name the cookie that was not sent, which is the most common mistake (contract 4)', async (t) => {
    const gate = await openGate(t)

    const problem = assertProblem(await gate.client().post('/auth/token'), 401, 'session_missing')

    assert.equal(problem.cause, 'cookie_not_sent')
  })
})

describe('another method on a known path', () => {
  const table: [path: string, allow: string, wrong: string[]][] = [
    ['/auth/login', 'POST', ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'HEAD']],
    ['/auth/otp/resend', 'POST', ['GET', 'PUT', 'DELETE']],
    ['/auth/verify-otp', 'POST', ['GET', 'PUT', 'DELETE']],
    ['/auth/token', 'POST', ['GET', 'PUT', 'DELETE']],
    ['/auth/refresh', 'POST', ['GET', 'PUT', 'DELETE']],
    ['/auth/logout', 'POST', ['GET', 'PUT', 'DELETE']],
    ['/auth/protected', 'GET, HEAD', ['POST', 'PUT', 'DELETE']],
    ['/auth/check', 'GET, HEAD', ['POST', 'PUT', 'DELETE']],
    ['/auth/session', 'GET, HEAD', ['POST', 'PUT', 'DELETE']],
    ['/auth/sessions', 'GET, HEAD, DELETE', ['POST', 'PUT', 'PATCH']],
    ['/auth/sessions/ses_AAAAAAAAAAAAAAAAAAAAAA', 'DELETE', ['GET', 'POST', 'PUT']],
    ['/.well-known/jwks.json', 'GET, HEAD', ['POST', 'DELETE']],
    ['/.well-known/oauth-authorization-server', 'GET, HEAD', ['POST', 'DELETE']],
    ['/.well-known/openid-configuration', 'GET, HEAD', ['POST', 'DELETE']],
    ['/openapi.json', 'GET, HEAD', ['POST', 'DELETE']],
    ['/healthz', 'GET, HEAD', ['POST', 'DELETE']],
    ['/readyz', 'GET, HEAD', ['POST', 'DELETE']],
    ['/problems/otp_invalid', 'GET, HEAD', ['POST', 'DELETE']],
  ]

  it('is 404 with Allow and the code wrong_method', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    for (const [path, allow, wrong] of table) {
      for (const method of wrong) {
        const reply = await client.request(method, path)
        assert.equal(reply.status, 404, `${method} ${path}`)
        assert.equal(reply.headers.allow, allow, `${method} ${path}`)
        if (method !== 'HEAD') assertProblem(reply, 404, 'wrong_method')
      }
    }
    assert.equal((await client.get('/auth/session')).body.stage, 'verified')
  })

  it('is not_found, without Allow, where the path is another one', async (t) => {
    const gate = await openGate(t)
    for (const path of [
      '/',
      '/auth',
      '/auth/login/',
      '/AUTH/login',
      '/auth//login',
      '/auth/login%00',
      '/x',
    ]) {
      const reply = await gate.client().post(path, credentials)
      assertProblem(reply, 404, 'not_found')
      assert.equal(reply.headers.allow, undefined)
    }
  })
})
