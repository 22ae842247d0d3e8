/** What a guard asks of a good token, and the words with which it refuses. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createVerifier, type VerifyOptions, verifyToken } from '../../verify/src/index.ts'
import { openFakeIssuer } from './fake-issuer.ts'
import { verdict } from './guarded-api.ts'
import { openVerifier } from './verifier-before-fake.ts'

const nowSeconds = () => Math.floor(Date.now() / 1_000)
const scope = '403 insufficient_scope wrong_scope'
const claim = '403 insufficient_scope wrong_claim'

type Row = [string, Partial<VerifyOptions>, Record<string, unknown>, string]
const rows: Row[] = [
  [
    'one of several audiences',
    { audience: ['https://a.test', 'https://b.test'] },
    { aud: 'https://b.test' },
    '200',
  ],
  [
    'no audience of several',
    { audience: ['https://a.test', 'https://b.test'] },
    {},
    '401 token_invalid wrong_audience',
  ],
  ['every method', { amr: ['otp', 'pwd'] }, {}, '200'],
  ['a method is missing', { amr: ['otp'] }, { amr: ['pwd'] }, '403 reauth_required wrong_amr'],
  ['a login just in time', { maxAge: '10m', clockTolerance: 0 }, { auth_time: nowSeconds() - 590 }, '200'],
  [
    'a login too old',
    { maxAge: 600, clockTolerance: 0 },
    { auth_time: nowSeconds() - 601 },
    '403 reauth_required login_too_old',
  ],
  ['every word of the scope', { scope: 'a:read a:write' }, { scope: 'a:write x a:read' }, '200'],
  ['a word is missing', { scope: ['a:read', 'a:write'] }, { scope: 'a:read a:writer' }, scope],
  ['no scope', { scope: 'a:read' }, {}, scope],
  [
    'a claim as it should be',
    { claims: { role: 'admin', level: 3, on: true, none: null } },
    { role: 'admin', level: 3, on: true, none: null },
    '200',
  ],
  ['another value', { claims: { role: 'admin' } }, { role: 'Admin' }, claim],
  ['a list that has the value', { claims: { role: 'admin' } }, { role: ['admin'] }, claim],
  ['a number as text', { claims: { level: 3 } }, { level: '3' }, claim],
  ['no such claim', { claims: { role: 'admin' } }, {}, claim],
  [
    'a claim of every object',
    { claims: { constructor: (value: unknown) => value !== undefined } },
    {},
    claim,
  ],
  ['a test', { claims: { level: (value) => Number(value) > 2 } }, { level: 3 }, '200'],
  ['a test that fails', { claims: { level: (value) => Number(value) > 2 } }, { level: 2 }, claim],
  ['a test that throws', { claims: (own) => (own.roles as string[]).includes('x') }, {}, claim],
  ['a test that gives something else than true', { claims: () => 'yes' as unknown as boolean }, {}, claim],
  [
    'a test of all claims',
    { claims: (own) => own.role === 'admin' && !('sub' in own) },
    { role: 'admin' },
    '200',
  ],
  ['expired within the tolerance', {}, { iat: nowSeconds() - 300, exp: nowSeconds() - 2 }, '200'],
  [
    'expired beyond it',
    { clockTolerance: '1s' },
    { iat: nowSeconds() - 300, exp: nowSeconds() - 2 },
    '401 token_expired expired',
  ],
]

describe('the policy of a guard', () => {
  for (const [name, options, claims, expected] of rows) {
    it(`${expected.split(' ')[0]} for ${name}, also when it was seen before`, async (t) => {
      const { fake, ask } = await openVerifier(t, options)
      const aud = options.audience ?? fake.url
      const token = fake.token({ aud: typeof aud === 'string' ? aud : fake.url, ...claims })
      assert.deepEqual([await ask(token), await ask(token)], [expected, expected])
    })
  }

  it('counts by the clock of each request: a token that was seen before expires too', async (t) => {
    const fake = await openFakeIssuer(t)
    let now = Date.now()
    const verifier = createVerifier({ issuer: fake.url, now: () => now })
    t.after(() => verifier.close())
    const token = fake.token()
    assert.equal(verdict(await verifier.verify(token)), '200')
    now += 306_000
    assert.equal(verdict(await verifier.verify(token)), '401 token_expired expired')
  })
})

describe('a token that was seen before', () => {
  it('is answered at once, and what the guard leaves can not be changed for the next one', async (t) => {
    const { fake, verifier } = await openVerifier(t)
    const token = fake.token({ role: 'admin', deep: { list: [1] } })
    const first = await verifier.verify(token)
    assert.ok(first.ok)
    assert.throws(() => Object.assign(first.auth.claims, { role: 'root' }))
    assert.throws(() => (first.auth.claims.deep as { list: number[] }).list.push(2))
    assert.throws(() => first.auth.amr.push('passkey'))
    Object.assign(first.auth, { sub: 'acc_2' })
    const second = verifier.verify(token)
    assert.ok(!(second instanceof Promise) && second.ok)
    assert.deepEqual([second.auth.sub, second.auth.claims.role, second.auth.token], ['acc_1', 'admin', token])
  })

  it('changes no prototype of what its claims are copied to', async (t) => {
    const { fake, verifier } = await openVerifier(t)
    const claims = JSON.parse('{"__proto__":{"isAdmin":true},"deep":{"__proto__":{"isAdmin":true},"own":1}}')
    const result = await verifier.verify(fake.token(claims))
    assert.ok(result.ok)
    assert.deepEqual(Object.keys(result.auth.claims), ['deep'])
    assert.deepEqual(Object.keys(result.auth.claims.deep as object), ['own'])
    for (const read of [result.auth.claims, result.auth.claims.deep]) {
      assert.equal(Object.assign<{ isAdmin?: boolean }, unknown>({}, read).isAdmin, undefined)
    }
  })

  it('is remembered of 10 000, and of no refused one', async (t) => {
    const { fake, verifier } = await openVerifier(t)
    const good = fake.token()
    assert.ok((await verifier.verify(good)).ok)
    for (let index = 0; index < 10; index++) {
      const bad = fake.token({ iss: 'https://evil.test', jti: String(index) })
      await verifier.verify(bad)
      assert.ok(verifier.verify(bad) instanceof Promise)
    }
    assert.equal(verifier.verify(good) instanceof Promise, false)
  })
})

describe('a refusal', () => {
  it('names what differed in development, and nothing of it in production', async (t) => {
    const { fake, verifier } = await openVerifier(t, {
      audience: 'https://api.example.com',
      development: true,
    })
    const production = createVerifier({
      issuer: fake.url,
      audience: 'https://api.example.com',
      development: false,
    })
    t.after(() => production.close())
    const token = fake.token()
    const [told, untold] = await Promise.all([verifier.verify(token), production.verify(token)])
    assert.ok(!told.ok && !untold.ok)
    const { cause, claim, got, wanted } = JSON.parse(told.problem.body)
    assert.deepEqual(
      { cause, claim, got, wanted },
      { cause: 'wrong_audience', claim: 'aud', got: fake.url, wanted: 'https://api.example.com' },
    )
    assert.deepEqual(JSON.parse(untold.problem.body), {
      type: `${fake.url}/problems/token_invalid`,
      title: 'The access token is not valid here',
      status: 401,
      code: 'token_invalid',
      detail: 'The token is malformed, is of another issuer, audience or type, or its session has ended.',
      fix: 'Get a new token with POST /auth/token and send it unchanged.',
    })
    // For your own log it is there all the same.
    assert.equal(untold.problem.cause, 'wrong_audience')
  })

  it('carries the challenge of RFC 6750 and RFC 9470', async (t) => {
    const { fake } = await openVerifier(t)
    const challenge = async (options: Partial<VerifyOptions>, token: string) => {
      const result = await verifyToken(token, { issuer: fake.url, realm: 'api', ...options })
      assert.ok(!result.ok)
      return result.problem.headers['WWW-Authenticate']
    }
    const old = fake.token({ auth_time: nowSeconds() - 3_600 })
    assert.equal(
      await challenge({ maxAge: '10m' }, old),
      'Bearer realm="api", error="insufficient_user_authentication", error_description="This needs a recent verification", max_age="600"',
    )
    assert.equal(
      await challenge({ scope: 'a b' }, old),
      'Bearer realm="api", error="insufficient_scope", error_description="This token does not open this route", scope="a b"',
    )
    assert.equal(
      await challenge({}, 'x.y.z'),
      'Bearer realm="api", error="invalid_token", error_description="The access token is not valid here"',
    )
  })
})

describe('whatever stands where the token should', () => {
  it('is a refusal: no exception, and nobody is let in', async (t) => {
    const { fake, verifier } = await openVerifier(t)
    const [header = '', claims = '', signature = ''] = fake.token().split('.')
    const part = fc.oneof(
      fc.constant(header),
      fc.constant(claims),
      fc.constant(signature),
      fc.string(),
      fc.base64String(),
    )
    const token = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        if (text === `${header}.${claims}.${signature}`) return
        const result = await verifier.verify(text)
        assert.ok(!result.ok && result.problem.status === 401)
        const line = await verifier.authenticate([`Bearer ${text}`])
        assert.ok(!line.ok && [400, 401].includes(line.problem.status))
      }),
      { numRuns: 300 },
    )
    for (const value of [undefined, null, 7, {}, ['x'], Symbol('x')]) {
      assert.equal(verdict(await verifier.verify(value as string)), '401 token_invalid cut_off')
    }
  })
})
