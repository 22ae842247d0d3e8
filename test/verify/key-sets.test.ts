/** What of a key set may check a signature. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeKey } from './fake-issuer.ts'
import { verdict } from './guarded-api.ts'
import { openVerifier, unknownKid } from './verifier-before-fake.ts'

describe('keys that are of no use here', () => {
  const { jwk } = makeKey('key-1')
  const others: Record<string, Record<string, unknown>> = {
    'a shared secret': {
      kty: 'oct',
      k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr8',
      alg: 'HS256',
      use: 'sig',
    },
    'a private key': { ...makeKey('x').privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' },
    'a key for encryption': { ...jwk, use: 'enc' },
    'a key that only signs': { ...jwk, key_ops: ['sign'] },
    'another algorithm': { ...jwk, alg: 'ES384' },
    'no algorithm': { ...jwk, alg: undefined },
    'another curve': { ...jwk, crv: 'P-384' },
    'a point off the curve': { ...jwk, x: 'AA' },
    'no x': { ...jwk, x: undefined },
    'a short RSA key': { kty: 'RSA', n: 'x'.repeat(172), e: 'AQAB', alg: 'RS256', use: 'sig' },
    'alg none': { ...jwk, alg: 'none' },
  }

  it('are left out, and the others still serve', async (t) => {
    for (const [name, member] of Object.entries(others)) {
      const { fake, ask } = await openVerifier(t)
      const bad = { kid: 'bad', privateKey: makeKey('bad').privateKey, jwk: { ...member, kid: 'bad' } }
      fake.keys.unshift(bad)
      assert.equal(await ask(fake.token()), '200', name)
      assert.equal(await ask(fake.token({}, bad)), unknownKid, name)
    }
  })

  it('can not take the place of a key with the same kid', async (t) => {
    const { fake, ask } = await openVerifier(t)
    const evil = makeKey('key-1')
    fake.keys.push(evil)
    assert.equal(await ask(fake.token({}, fake.keys[0])), '200')
    assert.equal(await ask(fake.token({}, evil)), '401 token_invalid altered')
  })

  it('are none at all where JWT_SECRET signs: 503, with the option to set', async (t) => {
    const { fake, verifier } = await openVerifier(t)
    const token = fake.token()
    fake.keys.length = 0
    const result = await verifier.verify(token)
    assert.ok(!result.ok)
    assert.equal(verdict(result), '503 service_unavailable no_keys')
    assert.match(result.problem.detail, /secret/)
  })
})
