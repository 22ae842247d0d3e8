import assert from 'node:assert/strict'
import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../src/problems/problem.ts'
import { createAccessTokens } from '../../src/tokens/access-token.ts'
import type { KeyRing } from '../../src/tokens/signing-keys.ts'

const issuer = 'https://login.example'
const audience = 'https://api.example'
const now = 1_790_000_000
const clock = { now: () => now * 1_000 }

const pairs = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: generateKeyPairSync('ed25519'),
}
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const ringOf = (algorithm: keyof typeof pairs): KeyRing => ({
  signer: () => ({ kid: 'ours', algorithm, key: pairs[algorithm].privateKey }),
  verifier: (kid) => (kid === 'ours' ? { algorithm, key: pairs[algorithm].publicKey } : undefined),
  jwks: () => ({ keys: [] }),
  revokedKids: () => [],
  freshen: () => undefined,
  reload: async () => {},
  rotate: async () => assert.fail('nothing rotates here'),
  revoke: async () => assert.fail('nothing is revoked here'),
})
const tokensOf = (keys: KeyRing) => createAccessTokens({ keys, issuer, audience, ttlMs: 300_000, clock })
const tokens = tokensOf(ringOf('ES256'))

const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid: 'ours' }
const goodClaims = {
  iss: issuer,
  aud: audience,
  sub: 'acc_1',
  sid: 'ses_1',
  jti: 'jti_1',
  iat: now,
  exp: now + 300,
  auth_time: now,
  amr: ['pwd'],
  client_id: 'sallyport',
}

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const inputOf = (header: unknown, claims: unknown) => `${encode(header)}.${encode(claims)}`
const es256 = (input: string, key: KeyObject = pairs.ES256.privateKey) =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')

/** A token with our own good signature over whatever is inside. */
function signed(header: unknown, claims: unknown = goodClaims): string {
  const input = inputOf(header, claims)
  return `${input}.${es256(input)}`
}

async function codeOf(token: string, verifier = tokens): Promise<string> {
  try {
    await verifier.verify(token)
    return 'accepted'
  } catch (error) {
    assert.ok(error instanceof Problem, `no Problem but ${error}`)
    assert.match(error.details.headers?.['WWW-Authenticate'] as string, /^Bearer error="invalid_token", /)
    return error.code
  }
}

const assertInvalid = async (token: string, verifier = tokens) =>
  assert.equal(await codeOf(token, verifier), 'token_invalid', token.slice(0, 300))

it('the token that every attack starts from is accepted', async () => {
  assert.equal(await codeOf(signed(goodHeader)), 'accepted')
})

describe('header and signature', () => {
  it('A-JWT-01: alg none in every spelling, with an empty or kept signature', async () => {
    const { signature } = splitGood()
    for (const alg of ['none', 'None', 'nOnE', 'NONE', '', null, undefined, ['ES256'], { ES256: 1 }, 256]) {
      const input = inputOf({ ...goodHeader, alg }, goodClaims)
      for (const kept of ['', signature, es256(input)]) await assertInvalid(`${input}.${kept}`)
    }
  })

  for (const name of ['ES256', 'RS256', 'EdDSA'] as const) {
    it(`A-JWT-02: HS256 keyed with the public ${name} key in any form`, async () => {
      const { publicKey } = pairs[name]
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
      const der = publicKey.export({ type: 'spki', format: 'der' })
      const jwk = publicKey.export({ format: 'jwk' })
      const raw = Buffer.from((jwk.x ?? jwk.n) as string, 'base64url')
      const secrets = [pem, pem.trim(), `\n${pem}`, der, JSON.stringify(jwk), raw, jwk.x ?? jwk.n, '', 'ours']
      for (const alg of ['HS256', name]) {
        const input = inputOf({ ...goodHeader, alg }, goodClaims)
        for (const secret of secrets as (string | Buffer)[]) {
          const mac = createHmac('sha256', secret).update(input).digest('base64url')
          await assertInvalid(`${input}.${mac}`, tokensOf(ringOf(name)))
        }
      }
    })
  }

  it("A-JWT-03: any other algorithm than the key's, with its genuine signature", async () => {
    const forge = (alg: string, digest: string | null, key: KeyObject | SignKeyObjectInput) => {
      const input = inputOf({ ...goodHeader, alg }, goodClaims)
      return `${input}.${sign(digest, Buffer.from(input), key as KeyObject).toString('base64url')}`
    }
    const [ec, rsa] = [pairs.ES256.privateKey, pairs.RS256.privateKey]
    const dsaEncoding = 'ieee-p1363' as const
    await assertInvalid(forge('ES384', 'sha384', { key: pairs.ES384.privateKey, dsaEncoding }))
    await assertInvalid(forge('ES384', 'sha384', { key: ec, dsaEncoding }))
    await assertInvalid(forge('ES256', 'sha384', { key: ec, dsaEncoding }))
    await assertInvalid(forge('RS256', 'sha256', rsa))
    const rs256 = tokensOf(ringOf('RS256'))
    assert.equal(await codeOf(forge('RS256', 'sha256', rsa), rs256), 'accepted')
    await assertInvalid(forge('RS384', 'sha384', rsa), rs256)
    await assertInvalid(forge('RS512', 'sha512', rsa), rs256)
    await assertInvalid(forge('PS256', 'sha256', { key: rsa, padding: 6, saltLength: 32 }), rs256)
    await assertInvalid(forge('RS256', 'sha256', { key: rsa, padding: 6, saltLength: 32 }), rs256)
    const edDsa = tokensOf(ringOf('EdDSA'))
    assert.equal(await codeOf(forge('EdDSA', null, pairs.EdDSA.privateKey), edDsa), 'accepted')
    await assertInvalid(forge('Ed25519', null, pairs.EdDSA.privateKey), edDsa)
  })

  it('A-JWT-04, -05: jwk, x5c, jku and x5u in the header are not looked at', async (t) => {
    const fetched = t.mock.method(globalThis, 'fetch', async () => assert.fail('it fetched'))
    const jwk = createPublicKey(stranger.privateKey).export({ format: 'jwk' })
    const url = 'http://127.0.0.1:1/keys'
    for (const extra of [{ jwk }, { x5c: ['MIIB'] }, { jku: url }, { x5u: url }, { 'x5t#S256': 'x' }]) {
      const input = inputOf({ ...goodHeader, ...extra }, goodClaims)
      await assertInvalid(`${input}.${es256(input, stranger.privateKey)}`)
      const unnamed = inputOf({ ...goodHeader, ...extra, kid: undefined }, goodClaims)
      await assertInvalid(`${unnamed}.${es256(unnamed, stranger.privateKey)}`)
      assert.equal(await codeOf(`${input}.${es256(input)}`), 'accepted')
    }
    assert.equal(fetched.mock.callCount(), 0)
  })

  it('A-JWT-07: crit and b64, even when signed by us', async () => {
    for (const extra of [
      { crit: ['x'], x: 1 },
      { crit: [] },
      { crit: null },
      { crit: ['b64'], b64: false },
      { crit: ['b64'], b64: true },
      { b64: false },
      { b64: true },
    ]) {
      await assertInvalid(signed({ ...goodHeader, ...extra }))
    }
  })

  it('A-JWT-08: zero, edge, short, long and DER signatures', async () => {
    const { input } = splitGood()
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
    const [zero, one] = [Buffer.alloc(32), Buffer.alloc(32).fill(1, 31)]
    const good = Buffer.from(es256(input), 'base64url')
    const der = sign('sha256', Buffer.from(input), pairs.ES256.privateKey)
    const halves = [zero, one, order, Buffer.alloc(32, 0xff)]
    const edges = halves.flatMap((r) => halves.map((s) => Buffer.concat([r, s])))
    const lengths = [
      good.subarray(1),
      good.subarray(0, 63),
      Buffer.concat([good, zero]),
      zero,
      der,
      Buffer.of(0),
    ]
    for (const signature of [...edges, ...lengths]) {
      await assertInvalid(`${input}.${signature.toString('base64url')}`)
    }
  })

  it('A-JWT-09: stripped, re-cut, padded and serialised otherwise', async () => {
    const { input, signature } = splitGood()
    const [header, payload] = input.split('.') as [string, string]
    const good = `${input}.${signature}`
    const json = JSON.stringify({ protected: header, payload, signature })
    const shapes = [
      '',
      '.',
      '..',
      header,
      input,
      `${input}.`,
      `${good}.`,
      `${good}.x`,
      `.${payload}.${signature}`,
    ]
    const padded = [
      `${good}=`,
      `${good} `,
      ` ${good}`,
      `${good}\n`,
      `${good}\0`,
      `${header}=.${payload}.${signature}`,
    ]
    const others = [`${header}..${signature}`, `${good}.${good}`, json, `${header}.${payload}\n.${signature}`]
    for (const token of [...shapes, ...padded, ...others]) await assertInvalid(token)
  })

  it('A-JWT-10: over-long and deeply nested, within 50 ms', async () => {
    const evilClaims = { ...goodClaims, iss: 'https://evil.example' }
    const withMember = (value: object, nested: string) =>
      JSON.stringify(value).replace('{', `{"x":${nested},`)
    const bombs = [1_000, 2_500, 6_000, 100_000].flatMap((depth) => {
      const nested = '['.repeat(depth) + ']'.repeat(depth)
      return [
        signed(nested),
        signed('{"a":'.repeat(depth)),
        signed(withMember(goodHeader, nested), evilClaims),
        signed(goodHeader, nested),
        signed(goodHeader, withMember(evilClaims, nested)),
        `${encode(goodHeader)}.${encode(nested)}.${'A'.repeat(86)}`,
      ]
    })
    const long = [15_000, 1_000_000].flatMap((length) => ['a'.repeat(length), 'a.'.repeat(length / 2)])
    for (const token of [...bombs, ...long]) {
      const startedAt = performance.now()
      await assertInvalid(token)
      assert.ok(performance.now() - startedAt < 50)
    }
  })

  it('A-JWT-11: JWE, zip and PBES2', async () => {
    const { input, signature } = splitGood()
    await assertInvalid(`${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`)
    for (const header of [
      { ...goodHeader, alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31, p2s: 'AAAA' },
      { ...goodHeader, alg: 'dir', enc: 'A256GCM', zip: 'DEF' },
    ]) {
      await assertInvalid(`${encode(header)}.AAAA.AAAA.AAAA.AAAA`)
      await assertInvalid(`${encode(header)}.${input.split('.')[1]}.${signature}`)
    }
  })

  it('A-JWT-17: only at+jwt and application/at+jwt', async () => {
    assert.equal(await codeOf(signed({ ...goodHeader, typ: 'application/at+jwt' })), 'accepted')
    const others = [
      undefined,
      null,
      '',
      'JWT',
      'jwt',
      'AT+JWT',
      'At+jwt',
      'Application/at+jwt',
      ' at+jwt',
      ['at+jwt'],
    ]
    for (const typ of others) await assertInvalid(signed({ ...goodHeader, typ }))
  })

  it('A-JWT-16: other types of token signed with our own key', async () => {
    for (const typ of ['refresh+jwt', 'secevent+jwt', 'logout+jwt', 'dpop+jwt', 'id_token', 'at+jwt+x']) {
      await assertInvalid(signed({ ...goodHeader, typ }))
    }
  })

  it('A-JWT-19: kid of no key, of another type, or a name that every object has', async () => {
    for (const kid of ['theirs', '', null, undefined, 1, ['ours'], '__proto__', 'constructor', '../ours']) {
      await assertInvalid(signed({ ...goodHeader, kid }))
    }
  })

  it('a header that is no plain object, no UTF-8, or has a byte order mark', async () => {
    for (const header of [
      '[]',
      'null',
      '"ES256"',
      '1',
      '',
      '{',
      '{}',
      `\ufeff${JSON.stringify(goodHeader)}`,
    ]) {
      await assertInvalid(signed(header))
    }
    await assertInvalid(signed(`{"__proto__":${JSON.stringify(goodHeader)}}`))
    const input = `${Buffer.of(0x7b, 0xff, 0x7d).toString('base64url')}.${encode(goodClaims)}`
    await assertInvalid(`${input}.${es256(input)}`)
  })
})

describe('claims under our own good signature', () => {
  const withClaims = (changes: Record<string, unknown>) => signed(goodHeader, { ...goodClaims, ...changes })
  /** JSON that JSON.stringify does not write. */
  const withText = (name: string, text: string) =>
    signed(goodHeader, JSON.stringify({ ...goodClaims, [name]: '@' }).replace('"@"', text))

  it('A-JWT-13: exp has no leeway and is a whole positive number', async () => {
    assert.equal(await codeOf(withClaims({ iat: now - 300, exp: now + 1 })), 'accepted')
    assert.equal(await codeOf(withClaims({ iat: now - 300, exp: now })), 'token_expired')
    assert.equal(await codeOf(withClaims({ iat: now - 300, exp: now - 1 })), 'token_expired')
    for (const exp of [undefined, null, `${now + 300}`, -1, 0, now + 0.5, [now + 300], true, 2 ** 53]) {
      await assertInvalid(withClaims({ exp }))
    }
    for (const text of ['1e400', '-1e400', '9007199254740993']) await assertInvalid(withText('exp', text))
    await assertInvalid(withClaims({ exp: now + 300 + 3_601 }))
    assert.equal(await codeOf(withClaims({ exp: now + 300 + 3_600 })), 'accepted')
  })

  it('A-JWT-14: iat and nbf at most 60 s in the future', async () => {
    for (const name of ['iat', 'nbf']) {
      assert.equal(await codeOf(withClaims({ [name]: now + 60 })), 'accepted')
      await assertInvalid(withClaims({ [name]: now + 61 }))
      for (const value of [null, `${now}`, -1, 0, now - 0.5, [], 2 ** 53]) {
        await assertInvalid(withClaims({ [name]: value }))
      }
    }
    await assertInvalid(withClaims({ iat: undefined }))
    for (const auth_time of [undefined, `${now}`, 0, -1, 1.5]) await assertInvalid(withClaims({ auth_time }))
  })

  it('A-JWT-18: aud and iss match exactly', async () => {
    const auds = [
      undefined,
      null,
      '',
      [],
      [audience],
      [audience, 'x'],
      `${audience}/`,
      'https://api',
      `${audience}.evil`,
    ]
    for (const aud of [...auds, audience.toUpperCase(), { [audience]: 1 }])
      await assertInvalid(withClaims({ aud }))
    for (const iss of [undefined, `${issuer}/`, 'https://login', [issuer], 'http://login.example', '']) {
      await assertInvalid(withClaims({ iss }))
    }
  })

  it('sub, sid, jti, client_id and amr have their types', async () => {
    for (const name of ['sub', 'sid', 'jti', 'client_id']) {
      for (const value of [undefined, null, '', 1, ['x'], {}])
        await assertInvalid(withClaims({ [name]: value }))
    }
    for (const amr of [undefined, null, 'pwd', [1], [null], [['pwd']], {}])
      await assertInvalid(withClaims({ amr }))
  })

  it('a payload that is no plain object', async () => {
    for (const payload of ['[]', 'null', '"x"', '1', '{', `\ufeff${JSON.stringify(goodClaims)}`]) {
      await assertInvalid(signed(goodHeader, payload))
    }
  })

  it('A-INP-01: __proto__ in the payload gives nobody anything', async () => {
    const payload = JSON.stringify(goodClaims).replace('{', '{"__proto__":{"admin":true},')
    const verified = await tokens.verify(signed(goodHeader, payload))
    assert.equal((verified as { admin?: boolean }).admin, undefined)
    assert.equal(verified.claims.admin, undefined)
    assert.equal(({} as { admin?: boolean }).admin, undefined)
  })
})

describe('random changes of a good token', () => {
  const { input, signature } = splitGood()
  const good = `${input}.${signature}`

  it('never verify, and only ever throw a Problem', async () => {
    const edit = fc.tuple(
      fc.nat(good.length),
      fc.nat(3),
      fc.oneof(fc.string({ maxLength: 3 }), fc.base64String({ maxLength: 8 })),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const changed = edits.reduce(
          (token, [at, removed, added]) => token.slice(0, at) + added + token.slice(at + removed),
          good,
        )
        fc.pre(changed !== good)
        await assertInvalid(changed)
      }),
      { numRuns: 2_000 },
    )
  })

  it('every other last character of a part is refused', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const ends = [good.indexOf('.') - 1, good.lastIndexOf('.') - 1, good.length - 1]
    for (const end of ends) {
      for (const last of alphabet) {
        const changed = good.slice(0, end) + last + good.slice(end + 1)
        if (changed !== good) await assertInvalid(changed)
      }
    }
  })

  it('any text, and any JSON as header and claims, only ever throws a Problem', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), (text) => assertInvalid(text)),
    )
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.json(), async (header, claims) => {
        await assertInvalid(signed(header || '0', claims))
        await assertInvalid(signed(goodHeader, claims))
      }),
      { numRuns: 300 },
    )
  })
})

function splitGood(): { input: string; signature: string } {
  const input = inputOf(goodHeader, goodClaims)
  return { input, signature: es256(input) }
}
