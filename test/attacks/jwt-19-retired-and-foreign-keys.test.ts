/** A-JWT-19: a key that was retired, and the key of another installation. */
import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { assertProblem, openGate } from '../support/gate.ts'
import { openForge, refusesOnEveryKey, signed } from './forge.ts'

const foreignKeys = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
  HS256: () => createSecretKey('another-shared-secret-that-is-long-enough-for-it', 'utf8'),
}

describe('A-JWT-19: a retired key', () => {
  it('is good until the last token that it signed has expired, and then gone', async (t) => {
    const gate = await openGate(t, { env: { ACCESS_TOKEN_TTL: '30m' } })
    const client = await gate.enter(await gate.makeAccount())
    // Somebody without a name has the old list, and may keep it for 15 minutes.
    await client.get('/.well-known/jwks.json')
    await gate.restart({ JWT_ALG: 'EdDSA' })
    const alg = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).alg

    // The new key is published for as long as verifiers may keep the old list, before it signs.
    const last = await gate.accessToken(client)
    assert.equal(alg(last), 'ES256')
    gate.clock.advance('17m')
    assert.equal(alg(await gate.accessToken(client)), 'EdDSA')
    assert.equal((await client.get('/auth/protected', { bearer: last })).status, 200)

    await gate.restart({ JWT_ALG: 'EdDSA' })
    gate.clock.advance('12m')
    assert.equal((await client.get('/auth/protected', { bearer: last })).status, 200)
    gate.clock.advance('19m')
    await gate.restart({ JWT_ALG: 'EdDSA' })
    const keys = await gate.sallyport().inside.gate.stores.read.signingKeys.list()
    assert.deepEqual(
      keys.map(({ algorithm }) => algorithm),
      ['EdDSA'],
    )
    assert.equal((await client.get('/auth/protected', { bearer: last })).status, 401)
  })
})

describe('A-JWT-19: the key of another installation', () => {
  it('opens nothing here, with the same PUBLIC_URL, account and session', async (t) => {
    const here = await openForge(t, 'ES256')
    const env = { PUBLIC_URL: here.gate.publicUrl }
    const there = await openGate(t, { env, clock: here.gate.clock })
    const foreign = await there.accessToken(await there.enter(await there.makeAccount()))

    assertProblem(await here.ask(foreign), 401, 'token_invalid')
  })
})

refusesOnEveryKey('A-JWT-19: our kid on a foreign key', ({ algorithm, header, claims }) => {
  const other = foreignKeys[algorithm]()
  return { foreign: signed(header, claims, algorithm, other) }
})
