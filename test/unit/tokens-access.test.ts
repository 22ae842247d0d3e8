import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose'
import { Problem } from '../../src/problems/problem.ts'
import { createAccessTokens, type VerifiedToken } from '../../src/tokens/access-token.ts'
import { openManagedKeys } from '../../src/tokens/managed-keys.ts'
import { createSharedSecretKeys, type KeyRing, type SigningKeyRecord } from '../../src/tokens/signing-keys.ts'

const issuer = 'http://localhost:5000'
const ttlMs = 300_000
const start = 1_790_000_000_000
const subject = {
  accountId: 'acc_1',
  sessionId: 'ses_1',
  amr: ['pwd', 'otp'],
  authTimeMs: start - 2_500,
}

async function givenTokens(
  options: { algorithm?: 'ES256' | 'RS256' | 'EdDSA' | 'HS256'; cacheSize?: number } = {},
) {
  const { algorithm = 'ES256', ...rest } = options
  const clock = { time: start, now: () => clock.time }
  const records: SigningKeyRecord[] = []
  const store = {
    list: async () => [...records],
    add: async (record: SigningKeyRecord) => records.push(record) > 0,
    remove: async (kids: string[]) => {
      for (const kid of kids)
        records.splice(
          records.findIndex((record) => record.kid === kid),
          1,
        )
    },
    activate: async () => false,
    async revoke(kid: string, at: number, spare: SigningKeyRecord) {
      for (const record of records) if (record.kid === kid) record.revokedAt = at
      records.push({ ...spare, follows: kid })
      return { found: 'live' as const, added: true }
    },
  }
  const uptime = { now: 0 }
  const timing = {
    clock,
    uptime: () => uptime.now,
    accessTokenTtlMs: ttlMs,
    jwksLifetimeMs: 600_000,
    rotateEveryMs: 1e12,
  }
  const openKeys = async () =>
    algorithm === 'HS256'
      ? createSharedSecretKeys('0123456789abcdef0123456789abcdef')
      : openManagedKeys({ store, algorithm, sealingKeys: [Buffer.alloc(32)], ...timing })
  const keys = await openKeys()
  const tokensOf = (ring: KeyRing) =>
    createAccessTokens({ keys: ring, issuer, audience: issuer, ttlMs, clock, ...rest })
  return { clock, uptime, store, keys, openKeys, tokensOf, tokens: tokensOf(keys) }
}

async function assertRefused(verifying: () => unknown, code: string): Promise<Problem> {
  let refusal: unknown
  await assert.rejects(
    async () => verifying(),
    (error) => {
      refusal = error
      return error instanceof Problem && error.code === code
    },
  )
  return refusal as Problem
}

describe('issuing', () => {
  for (const algorithm of ['ES256', 'RS256', 'EdDSA', 'HS256'] as const) {
    it(`makes an ${algorithm} token in the shape of RFC 9068 that jose verifies`, async () => {
      const { tokens, keys } = await givenTokens({ algorithm })
      const { accessToken, expiresInSeconds, jti } = await tokens.issue(subject)
      assert.equal(expiresInSeconds, 300)
      const { kid } = keys.signer()
      assert.deepEqual(decodeProtectedHeader(accessToken), { alg: algorithm, typ: 'at+jwt', kid })
      const published = keys.jwks().keys[0]
      const key = published ? await importJWK(published as JWK) : keys.signer().key
      const { payload } = await jwtVerify(accessToken, key, { currentDate: new Date(start) })
      assert.deepEqual(payload, {
        iss: issuer,
        aud: issuer,
        sub: 'acc_1',
        sid: 'ses_1',
        jti,
        iat: 1_790_000_000,
        exp: 1_790_000_300,
        auth_time: 1_789_999_997,
        amr: ['pwd', 'otp'],
        client_id: 'sallyport',
      })
      const verified: VerifiedToken = await tokens.verify(accessToken)
      assert.deepEqual(verified, {
        accountId: 'acc_1',
        sessionId: 'ses_1',
        jti,
        amr: ['pwd', 'otp'],
        authTime: 1_789_999_997,
        issuedAt: 1_790_000_000,
        expiresAt: 1_790_000_300,
        claims: {},
      })
    })
  }

  it('A-FLOW-03: the claims of an account never take the place of a registered one', async () => {
    const { tokens } = await givenTokens()
    const claims = {
      ...{ iss: 'evil', aud: 'evil', sub: 'acc_2', sid: 'ses_2', jti: 'x', iat: 1, exp: 9e15, nbf: 9e15 },
      ...{ auth_time: 1, amr: ['hwk'], client_id: 'evil', toJSON: () => ({ sub: 'acc_2' }) },
      role: 'admin',
    }
    const { accessToken } = await tokens.issue({ ...subject, claims })
    const verified = await tokens.verify(accessToken)
    assert.equal(verified.accountId, 'acc_1')
    assert.equal(verified.sessionId, 'ses_1')
    assert.equal(verified.expiresAt, 1_790_000_300)
    assert.deepEqual(verified.amr, ['pwd', 'otp'])
    assert.deepEqual(verified.claims, { role: 'admin' })
  })

  it('refuses to make a token that it would not accept', async () => {
    const { tokens } = await givenTokens()
    await assert.rejects(tokens.issue({ ...subject, claims: { text: 'x'.repeat(8_000) } }), /acc_1.*8192/)
  })

  it('7.2.3: names 10 000 tokens apart', async () => {
    const { tokens } = await givenTokens({ algorithm: 'HS256' })
    const issued = await Promise.all(Array.from({ length: 10_000 }, () => tokens.issue(subject)))
    assert.equal(new Set(issued.map(({ jti }) => jti)).size, 10_000)
  })
})

describe('a token seen before', () => {
  it('is answered without a promise, and frozen', async () => {
    const { tokens } = await givenTokens()
    const { accessToken } = await tokens.issue({ ...subject, claims: { team: { role: 'reader' } } })
    const first = await tokens.verify(accessToken)
    const second = tokens.verify(accessToken)
    assert.equal(second, first)
    assert.throws(() => Object.assign(first, { accountId: 'acc_2' }), TypeError)
    assert.throws(() => first.amr.push('hwk'), TypeError)
    assert.throws(() => Object.assign(first.claims.team as object, { role: 'admin' }), TypeError)
  })

  it('A-JWT-13: is never answered past its exp', async () => {
    const { tokens, clock } = await givenTokens()
    const { accessToken } = await tokens.issue(subject)
    await tokens.verify(accessToken)
    clock.time = start + 299_999
    assert.equal((await tokens.verify(accessToken)).accountId, 'acc_1')
    clock.time = start + 300_000
    await assertRefused(() => tokens.verify(accessToken), 'token_expired')
  })

  it('F-CLOCK-01: gets no longer life from a clock that goes back', async () => {
    const { tokens, clock } = await givenTokens()
    const { accessToken } = await tokens.issue(subject)
    await tokens.verify(accessToken)
    clock.time = start - 60_001
    await assertRefused(() => tokens.verify(accessToken), 'token_invalid')
  })

  it('A-JWT-19: dies with its key', async () => {
    const { tokens, keys, store } = await givenTokens()
    const { accessToken } = await tokens.issue(subject)
    await tokens.verify(accessToken)
    await store.remove([keys.signer().kid])
    await keys.reload()
    await assertRefused(() => tokens.verify(accessToken), 'token_invalid')
  })

  it('F-KEY-02: is read anew with its key once the ring is 0.8 s old, and dies with a revoked one', async () => {
    const { tokens, openKeys, keys, uptime, store } = await givenTokens()
    const { accessToken } = await tokens.issue(subject)
    await tokens.verify(accessToken)
    const elsewhere = await openKeys()
    await elsewhere.revoke(keys.signer().kid)
    uptime.now += 799
    assert.equal((tokens.verify(accessToken) as VerifiedToken).accountId, 'acc_1')
    uptime.now += 1
    const refusal = await assertRefused(() => tokens.verify(accessToken), 'token_invalid')
    assert.equal(refusal.details.cause, 'key_revoked')
    // Refused by the kid alone from now on, without another look at the store.
    store.list = async () => assert.fail('the store was asked')
    await assertRefused(() => tokens.verify(accessToken), 'token_invalid')
  })

  it('I4: is not accepted while nobody can say whether its key is still good', async () => {
    const { tokens, uptime, store } = await givenTokens()
    const { accessToken } = await tokens.issue(subject)
    await tokens.verify(accessToken)
    const { list } = store
    store.list = async () => {
      throw new Problem('service_unavailable')
    }
    uptime.now += 800
    await assertRefused(() => tokens.verify(accessToken), 'service_unavailable')
    store.list = list
    uptime.now += 800
    assert.equal((await tokens.verify(accessToken)).accountId, 'acc_1')
  })

  it('is forgotten when the memory is full, and verified again', async () => {
    const { tokens } = await givenTokens({ cacheSize: 1 })
    const [a, b] = [await tokens.issue(subject), await tokens.issue(subject)]
    await tokens.verify(a.accessToken)
    await tokens.verify(b.accessToken)
    assert.ok(tokens.verify(a.accessToken) instanceof Promise)
    assert.equal((await tokens.verify(a.accessToken)).jti, a.jti)
  })
})

describe('keys of other servers', () => {
  it('A-JWT-19: a key added by another process is found on first sight', async () => {
    const { tokens, tokensOf, openKeys, clock } = await givenTokens()
    const other = await openKeys()
    clock.time = (await other.rotate()).activeAt
    const { accessToken, jti } = await tokensOf(other).issue(subject)
    assert.equal((await tokens.verify(accessToken)).jti, jti)
  })

  it('A-JWT-19: a token of another installation is refused', async () => {
    const { tokens } = await givenTokens()
    const { accessToken } = await (await givenTokens()).tokens.issue(subject)
    await assertRefused(() => tokens.verify(accessToken), 'token_invalid')
  })

  it('F-KEY-04: 1 000 unknown kids reload once, and once more a second later', async () => {
    const { keys, tokensOf, clock } = await givenTokens()
    let reloads = 0
    const counted: KeyRing = {
      signer: () => ({ ...keys.signer(), kid: `kid-${Math.random()}` }),
      verifier: (kid) => keys.verifier(kid),
      jwks: () => keys.jwks(),
      revokedKids: () => keys.revokedKids(),
      freshen: () => keys.freshen(),
      rotate: () => keys.rotate(),
      revoke: (kid) => keys.revoke(kid),
      reload: async () => {
        reloads += 1
        if (reloads === 2) throw new Error('the store is down')
      },
    }
    const tokens = tokensOf(counted)
    const flood = async () => {
      const issued = await Promise.all(Array.from({ length: 500 }, () => tokens.issue(subject)))
      const refuse = ({ accessToken }: { accessToken: string }) =>
        assertRefused(() => tokens.verify(accessToken), 'token_invalid')
      await Promise.all(issued.map(refuse))
    }
    await flood()
    clock.time += 999
    await flood()
    assert.equal(reloads, 1)
    clock.time += 1
    await flood()
    assert.equal(reloads, 2)
    clock.time -= 3_600_000
    await flood()
    assert.equal(reloads, 3)
  })

  it('A-JWT-15: a server whose clock is 30 s behind accepts, one 61 s behind does not', async () => {
    const { tokensOf, keys, clock } = await givenTokens()
    const { accessToken } = await tokensOf(keys).issue(subject)
    clock.time = start - 30_000
    assert.equal((await tokensOf(keys).verify(accessToken)).accountId, 'acc_1')
    clock.time = start - 61_000
    await assertRefused(() => tokensOf(keys).verify(accessToken), 'token_invalid')
  })
})

describe('a refusal', () => {
  it('carries the challenge of RFC 6750 in fixed words', async () => {
    const { tokens, clock } = await givenTokens()
    const { accessToken } = await tokens.issue(subject)
    const invalid = await assertRefused(() => tokens.verify('"\r\nX-Evil: 1'), 'token_invalid')
    assert.deepEqual(invalid.details, {
      headers: {
        'WWW-Authenticate':
          'Bearer error="invalid_token", error_description="The access token is not valid here"',
      },
    })
    assert.equal(invalid.cause, 'not three base64url parts')
    clock.time += ttlMs
    const expired = await assertRefused(() => tokens.verify(accessToken), 'token_expired')
    assert.deepEqual(expired.details, {
      headers: {
        'WWW-Authenticate': 'Bearer error="invalid_token", error_description="The access token has expired"',
      },
    })
  })
})
