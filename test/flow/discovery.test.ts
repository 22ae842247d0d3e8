/** What verifiers read: keys and metadata. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../support/gate.ts'

const publicMembers: Record<string, string[]> = {
  ES256: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
  RS256: ['alg', 'e', 'kid', 'kty', 'n', 'use'],
  EdDSA: ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
}

describe('the key set', () => {
  for (const [algorithm, members] of Object.entries(publicMembers)) {
    it(`has the public members of the ${algorithm} key, and no other`, async (t) => {
      const gate = await openGate(t, { env: { JWT_ALG: algorithm } })

      const reply = await gate.client().get('/.well-known/jwks.json')

      assert.equal(reply.status, 200)
      assert.equal(reply.body.keys.length, 1)
      const [key] = reply.body.keys
      assert.deepEqual(Object.keys(key).sort(), members)
      assert.equal(key.alg, algorithm)
      assert.equal(key.use, 'sig')
      assert.deepEqual(Object.keys(reply.body), ['keys'])
    })
  }

  it('is empty while JWT_SECRET signs', async (t) => {
    const gate = await openGate(t, { env: { JWT_SECRET: 'a shared secret that is long enough for HS256' } })

    const reply = await gate.client().get('/.well-known/jwks.json')

    assert.deepEqual([reply.status, reply.body], [200, { keys: [] }])
  })

  it('may be kept for some minutes and read by every page', async (t) => {
    const gate = await openGate(t)

    const { headers } = await gate.client().get('/.well-known/jwks.json')

    assert.match(String(headers['cache-control']), /^public, max-age=300/)
    assert.equal(headers['access-control-allow-origin'], '*')
  })

  it('keeps the key of the other algorithm after a change of JWT_ALG, and its tokens stay good', async (t) => {
    const gate = await openGate(t)
    const client = await gate.enter(await gate.makeAccount())
    const bearer = await gate.accessToken(client)

    await gate.restart({ JWT_ALG: 'EdDSA' })

    const { keys } = (await gate.client().get('/.well-known/jwks.json')).body
    assert.deepEqual(keys.map(({ alg }: { alg: string }) => alg).sort(), ['ES256', 'EdDSA'])
    assert.equal((await gate.client().get('/auth/protected', { bearer })).status, 200)
  })
})

describe('the metadata', () => {
  it('is the same document at both paths, and lists nothing that is not there', async (t) => {
    const gate = await openGate(t)
    const client = gate.client()

    const oauth = await client.get('/.well-known/oauth-authorization-server')
    const openid = await client.get('/.well-known/openid-configuration')

    assert.equal(oauth.status, 200)
    assert.deepEqual(openid.body, oauth.body)
    assert.equal(oauth.body.issuer, gate.publicUrl)
    for (const [name, value] of Object.entries(oauth.body)) {
      if (!/(_uri|_endpoint)$/.test(name)) continue
      const { pathname, origin } = new URL(String(value))
      assert.equal(origin, gate.publicUrl)
      const reply = await client.get(pathname)
      assert.notEqual(reply.body.code, 'not_found', `${name} ${value}`)
    }
    assert.equal('authorization_endpoint' in oauth.body, false)
  })

  it('is never made from a request header', async (t) => {
    const gate = await openGate(t)

    const { body } = await gate.client().get('/.well-known/openid-configuration', {
      headers: { Host: 'evil.test', 'X-Forwarded-Host': 'evil.test', Forwarded: 'host=evil.test' },
    })

    assert.equal(JSON.stringify(body).includes('evil'), false)
  })
})
