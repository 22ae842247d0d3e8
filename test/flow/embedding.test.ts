/** A-EMB-01: the gate inside somebody else's Express app, with all that such an app may have before it. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import express, { type Express } from 'express'
import session from 'express-session'
import { readSettings } from '../../src/config/settings.ts'
import { createAccount } from '../../src/flow/accounts.ts'
import { createSallyport, type Sallyport } from '../../src/sallyport.ts'
import type { Email } from '../../src/utils/email.ts'
import { createManualClock } from '../support/clock.ts'
import { assertProblem, sessionSecret, wrongCode } from '../support/gate.ts'
import { type Client, createClient } from '../support/http-client.ts'

declare module 'express-session' {
  interface SessionData {
    basket: number
  }
}

type Host = { url: string; publicUrl: string; sallyport: Sallyport; client(): Client }

const ada = { email: 'ada@example.test', password: 'the password of Ada' }

/** An app of somebody else, that mounts the gate under `prefix`. */
async function openHost(
  t: TestContext,
  compose: (app: Express, sallyport: Sallyport) => void,
  options: { prefix?: string; env?: Record<string, string> } = {},
): Promise<Host> {
  const app = express()
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const publicUrl = `http://localhost:${port}`
  const env = {
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    DATABASE_URL: 'memory:',
    SESSION_SECRET: sessionSecret,
    RATE_LIMITS: 'off',
    ...options.env,
  }
  const sallyport = await createSallyport(readSettings(env, 'development').settings, {
    clock: createManualClock(),
    print: () => {},
    ...(options.prefix ? { mountPath: options.prefix } : {}),
  })
  compose(app, sallyport)
  await createAccount(sallyport.inside.gate, { ...ada, email: ada.email as Email, by: 'command' })
  const clients: Client[] = []
  t.after(async () => {
    for (const client of clients) client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await sallyport.close()
  })
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    publicUrl,
    sallyport,
    client() {
      const client = createClient(url)
      clients.push(client)
      return client
    },
  }
}

async function codeOf({ sallyport }: Host): Promise<string> {
  await sallyport.inside.mail.idle()
  return sallyport.inside.mail.inbox?.list(ada.email)[0]?.code ?? ''
}

async function walk(host: Host, prefix: string): Promise<{ client: Client; bearer: string }> {
  const client = host.client()
  const login = await client.post(`${prefix}/auth/login`, ada)
  assert.equal(login.status, 200, JSON.stringify(login.body))
  assertProblem(await client.post(`${prefix}/auth/token`), 403, 'otp_required')
  const otp = await codeOf(host)
  const wrong = await client.post(`${prefix}/auth/verify-otp`, { otp: wrongCode(otp) })
  assert.equal(assertProblem(wrong, 401, 'otp_invalid').attemptsLeft, 4)
  const verified = await client.post(`${prefix}/auth/verify-otp`, { otp })
  assert.deepEqual(verified.body, { message: 'OTP verified successfully', next: 'token' })
  const token = await client.post(`${prefix}/auth/token`, { refresh: true })
  assert.equal(token.status, 200)
  const bearer = token.body.accessToken
  const opened = await client.get(`${prefix}/auth/protected`, { bearer })
  assert.equal(opened.body.message, 'Protected route accessed')
  const { refreshToken } = token.body
  assert.equal((await client.post(`${prefix}/auth/refresh`, { refreshToken })).status, 200)
  assert.equal((await client.get(`${prefix}/auth/sessions`)).body.sessions.length, 1)
  const wrongMethod = await client.get(`${prefix}/auth/login`)
  assertProblem(wrongMethod, 404, 'wrong_method')
  assert.equal(wrongMethod.headers.allow, 'POST')
  return { client, bearer }
}

/** What of security.md 2.5 a host app could spoil. */
async function trick(host: Host, prefix: string): Promise<void> {
  const post = (body: unknown, headers: Record<string, string | undefined> = {}) =>
    host.client().post(`${prefix}/auth/login`, body, { headers })
  assertProblem(await post(ada, { Origin: 'https://evil.test' }), 403, 'cross_site_request')
  assertProblem(await post(ada, { 'Sec-Fetch-Site': 'cross-site' }), 403, 'cross_site_request')
  const form = 'application/x-www-form-urlencoded'
  const asForm = await post(`email=${ada.email}&password=x`, { 'Content-Type': form })
  assertProblem(asForm, 415, 'unsupported_media_type')
  const asText = await post(JSON.stringify(ada), { 'Content-Type': 'text/plain' })
  assertProblem(asText, 415, 'unsupported_media_type')
  assertProblem(await post({ email: { $gt: '' }, password: 'x' }), 400, 'invalid_request')
  assertProblem(await post(`{"__proto__":{"email":"${ada.email}"},"password":"x"}`), 400, 'invalid_request')
  assertProblem(await post({ ...ada, more: 'x'.repeat(20_000) }), 413, 'payload_too_large')
  let deep: object = {}
  for (let n = 0; n < 20; n++) deep = { deep }
  assertProblem(await post({ ...ada, deep }), 400, 'malformed_json')
  assertProblem(
    await post(ada, { 'X-HTTP-Method-Override': 'GET', Origin: 'null' }),
    403,
    'cross_site_request',
  )
}

describe('embedded (A-EMB-01)', () => {
  it('walks and refuses as it does alone', async (t) => {
    const host = await openHost(t, (app, { router }) => app.use(router))
    await walk(host, '')
    await trick(host, '')
  })

  it('takes the body that a parser of the host has read', async (t) => {
    const host = await openHost(t, (app, { router }) => {
      app.use(express.json())
      app.use(express.urlencoded({ extended: true }))
      app.use(router)
    })
    await walk(host, '')
    await trick(host, '')
  })

  it('takes the body that a raw or a text parser of the host has read', async (t) => {
    for (const parser of [express.raw({ type: () => true }), express.text({ type: () => true })]) {
      const host = await openHost(t, (app, { router }) => app.use(parser, router))
      await walk(host, '')
      await trick(host, '')
    }
  })

  it('lives under a prefix, and its links lead there', async (t) => {
    const host = await openHost(t, (app, { router }) => app.use('/id', router), { prefix: '/id' })
    const { client } = await walk(host, '/id')
    await trick(host, '/id')

    const problem = assertProblem(await client.get('/id/auth/login'), 404, 'wrong_method')
    assert.equal(problem.type, `${host.publicUrl}/id/problems/wrong_method`)
    assert.equal((await client.get(new URL(problem.type).pathname)).status, 200)
    assert.equal((await client.get('/auth/session')).status, 404)
    const latest = await client.get('/id/_dev/inbox/latest?to=ada@example.test')
    assert.equal(latest.status, 200)
  })

  it('names its keys and endpoints under the prefix', async (t) => {
    const host = await openHost(t, (app, { router }) => app.use('/id', router), { prefix: '/id' })
    const client = host.client()

    const { body } = await client.get('/id/.well-known/oauth-authorization-server')

    assert.equal(body.jwks_uri, `${host.publicUrl}/id/.well-known/jwks.json`)
    assert.equal(body.token_endpoint, `${host.publicUrl}/id/auth/token`)
    assert.equal((await client.get(new URL(body.jwks_uri).pathname)).status, 200)
    const description = (await client.get('/id/openapi.json')).body
    assert.deepEqual(description.servers, [{ url: `${host.publicUrl}/id` }])
  })

  it('leaves to the host what is not its own', async (t) => {
    const host = await openHost(t, (app, { router }) => {
      app.use(router)
      app.get('/', (_req, res) => void res.send('the host'))
      app.post('/auth/other', (_req, res) => void res.send('the host'))
    })

    assert.equal((await host.client().get('/')).body, 'the host')
    assert.equal((await host.client().post('/auth/other')).body, 'the host')
  })

  it('does not take the strictness of the host: other spellings of a path stay unknown', async (t) => {
    const host = await openHost(t, (app, { router }) => {
      app.disable('strict routing')
      app.disable('case sensitive routing')
      app.use(router)
    })

    for (const path of ['/AUTH/login', '/auth/login/', '/auth//login']) {
      assert.equal((await host.client().post(path, ada)).status, 404, path)
    }
  })

  it('believes TRUST_PROXY and not the setting of the host', async (t) => {
    const host = await openHost(t, (app, { router }) => {
      app.set('trust proxy', true)
      app.use(router)
    })
    const client = host.client()
    const headers = { 'X-Forwarded-For': '203.0.113.9' }
    await client.post('/auth/login', ada, { headers })
    await client.post('/auth/verify-otp', { otp: await codeOf(host) }, { headers })

    const { sessions } = (await client.get('/auth/sessions', { headers })).body

    assert.equal(sessions[0].address, '127.0.0.1')
  })

  it('keeps its session apart from that of the host', async (t) => {
    const host = await openHost(t, (app, { router, requireSession }) => {
      app.use(session({ secret: 'the secret of the host', resave: false, saveUninitialized: false }))
      app.use(router)
      app.post('/basket', (req, res) => {
        req.session.basket = (req.session.basket ?? 0) + 1
        res.json({ basket: req.session.basket, id: req.sessionID })
      })
      app.get('/mine', requireSession, (req, res) => {
        res.json({ basket: req.session.basket ?? 0, auth: req.auth })
      })
    })
    const client = host.client()
    const before = (await client.post('/basket')).body

    await client.post('/auth/login', ada)
    await client.post('/auth/verify-otp', { otp: await codeOf(host) })
    assert.deepEqual([...client.cookies.keys()].sort(), ['connect.sid', 'sallyport.known', 'sallyport.sid'])
    const after = (await client.post('/basket')).body
    assert.deepEqual(after, { basket: 2, id: before.id })
    const mine = (await client.get('/mine')).body
    assert.equal(mine.basket, 2)
    assert.equal(mine.auth.email, ada.email)

    await client.post('/auth/logout')
    assert.equal((await client.post('/basket')).body.basket, 3)
    assertProblem(await client.get('/mine'), 401, 'session_missing')
  })

  it('guards routes of the host by the session', async (t) => {
    const host = await openHost(t, (app, { router, requireSession }) => {
      app.use(router)
      app.get('/mine', requireSession, (req, res) => void res.json(req.auth))
      app.post('/mine', requireSession, (req, res) => void res.json(req.auth))
    })
    const client = host.client()
    assertProblem(await client.get('/mine'), 401, 'session_missing')
    await client.post('/auth/login', ada)
    assertProblem(await client.get('/mine'), 403, 'otp_required')
    await client.post('/auth/verify-otp', { otp: await codeOf(host) })

    const { status, body } = await client.get('/mine')

    assert.equal(status, 200)
    const { sessionId } = (await client.get('/auth/session')).body
    const { accountId } = body
    assert.match(accountId, /^acc_/)
    assert.deepEqual(body, { accountId, sessionId, email: ada.email, amr: ['pwd', 'otp'] })
    const crossSite = { headers: { Origin: 'https://evil.test' } }
    assertProblem(await client.post('/mine', undefined, crossSite), 403, 'cross_site_request')
  })

  it('keeps what the host writes into the session, and not after its end (D6)', async (t) => {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const host = await openHost(t, (app, { router, requireSession }) => {
      app.use(router)
      app.post('/basket', requireSession, async (req, res) => {
        if (req.query.slow) await held
        req.session.basket = (req.session.basket ?? 0) + 1
        res.json({ basket: req.session.basket })
      })
    })
    const client = host.client()
    await client.post('/auth/login', ada)
    await client.post('/auth/verify-otp', { otp: await codeOf(host) })
    assert.equal((await client.post('/basket')).body.basket, 1)
    assert.equal((await client.post('/basket')).body.basket, 2)
    const [slow, thief] = [client.clone(), client.clone()]
    const writing = slow.post('/basket?slow=1')
    await client.get('/auth/session')

    await client.post('/auth/logout')
    letGo()
    assert.equal((await writing).status, 200)

    assert.equal((await thief.get('/auth/session')).body.endedBecause, 'logged_out')
    assertProblem(await thief.post('/basket'), 401, 'session_ended')
    assert.equal((await slow.get('/auth/session')).body.stage, 'anonymous')
  })

  it('guards routes of the host by the access token', async (t) => {
    const host = await openHost(t, (app, { router, requireAccessToken }) => {
      app.use(router)
      app.get('/api', requireAccessToken, (req, res) => void res.json(req.auth))
    })
    const { client, bearer } = await walk(host, '')

    assertProblem(await client.get('/api'), 403, 'bearer_missing')
    assertProblem(await client.get('/api', { bearer: `${bearer}x` }), 401, 'token_invalid')
    const { status, body } = await host.client().get('/api', { bearer })
    assert.equal(status, 200)
    assert.equal(body.email, ada.email)
    assert.deepEqual(body.amr, ['pwd', 'otp'])

    await client.post('/auth/logout')
    assertProblem(await host.client().get('/api', { bearer }), 401, 'token_invalid')
  })
})
