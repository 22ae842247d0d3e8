/** The issuer as a guard finds it: by metadata, once for however many, and with every fault that an answer can have. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createVerifier } from '../../verify/src/index.ts'
import { type Fault, jwksPath, oauthPath, openidPath } from './fake-issuer.ts'
import { verdict } from './guarded-api.ts'
import { away, openVerifier } from './verifier-before-fake.ts'

describe('discovery', () => {
  it('asks the metadata and the keys once, by a hundred requests at the same time', async (t) => {
    const { fake, ask } = await openVerifier(t)
    fake.faults.set(jwksPath, { afterMs: 30 })
    const token = fake.token()

    const verdicts = await Promise.all(Array.from({ length: 100 }, () => ask(token)))

    assert.deepEqual(new Set(verdicts), new Set(['200']))
    assert.deepEqual(fake.asked, [oauthPath, jwksPath])
    const [reader] = fake.readers
    assert.match(String(reader), /^[A-Za-z0-9_-]{16,64}$/)
  })

  it('shares what it knows of an issuer between guards, and ends with the last of them', async (t) => {
    const { fake, ask, pass } = await openVerifier(t)
    const other = createVerifier({ issuer: fake.url, amr: ['passkey'] })
    assert.equal(await ask(fake.token()), '200')
    assert.equal(verdict(await other.verify(fake.token())), '403 reauth_required wrong_amr')
    assert.equal(fake.count(jwksPath), 1)
    other.close()
    other.close()
    pass(31_000)
    fake.addKey('key-2')
    assert.equal(await ask(fake.token()), '200')
    assert.equal(fake.count(jwksPath), 2)
  })

  it('reads the OpenID form where the other is missing, and both forms of an issuer with a path', async (t) => {
    const { fake, ask } = await openVerifier(t)
    const document = { issuer: fake.url, jwks_uri: `${fake.url}${jwksPath}` }
    fake.faults.set(oauthPath, { status: 404 })
    fake.faults.set(openidPath, { status: 200, body: JSON.stringify(document) })
    assert.equal(await ask(fake.token()), '200')

    for (const path of [`${oauthPath}/id`, `/id${oauthPath}`, `/id${openidPath}`]) {
      const issuer = `${fake.url}/id`
      fake.faults.set(path, { status: 200, body: JSON.stringify({ ...document, issuer }) })
      const verifier = createVerifier({ issuer })
      assert.equal(verdict(await verifier.verify(fake.token({ iss: issuer, aud: issuer }))), '200', path)
      verifier.close()
      fake.faults.delete(path)
    }
  })

  it('believes metadata only where they name the issuer byte for byte, and addresses that are safe', async (t) => {
    for (const metadata of [
      (url: string) => ({ issuer: `${url}/` }),
      () => ({ issuer: 'https://evil.test' }),
      () => ({ issuer: undefined }),
      () => ({ jwks_uri: 'http://evil.test/jwks.json' }),
      () => ({ jwks_uri: 'file:///etc/passwd' }),
      () => ({ jwks_uri: undefined }),
    ]) {
      const { fake, ask } = await openVerifier(t)
      fake.metadata = metadata(fake.url)
      assert.equal(await ask(fake.token()), away, JSON.stringify(fake.metadata))
      assert.equal(fake.count(jwksPath), 0)
    }
  })
})

describe('an issuer that answers badly', () => {
  const large = JSON.stringify({ keys: [], more: 'x'.repeat(300_000) })
  const faults: Record<string, Fault> = {
    'an error': { status: 500 },
    'nothing found': { status: 404 },
    garbage: { status: 200, body: '<html>' },
    'another document': { status: 200, body: '{"keys":{}}' },
    'too much': { status: 200, body: large },
    'a redirect': { status: 302, headers: { Location: '/elsewhere' } },
    'a permanent redirect': { status: 308, headers: { Location: '/elsewhere' } },
    'a cut connection': 'cut',
  }

  for (const [name, fault] of Object.entries(faults)) {
    for (const path of [oauthPath, jwksPath]) {
      it(`gives 503 and no 401 for ${name} at ${path}, and is asked again`, async (t) => {
        const { fake, ask, pass } = await openVerifier(t)
        fake.more.set('/elsewhere', (_req, res) => {
          const document =
            path === jwksPath ? { keys: [fake.keys[0]?.jwk] } : { issuer: fake.url, jwks_uri: fake.url }
          res.end(JSON.stringify(document))
        })
        fake.faults.set(path, fault)
        assert.equal(await ask(fake.token()), away)
        assert.equal(fake.count('/elsewhere'), 0)

        fake.faults.clear()
        pass(1_100)
        assert.equal(await ask(fake.token()), '200')
      })
    }
  }

  it('is waited for within bounds, while a token that was seen before goes on', async (t) => {
    const { fake, ask, verifier, pass } = await openVerifier(t)
    const seen = fake.token()
    assert.equal(await ask(seen), '200')
    fake.addKey('key-2')
    pass(31_000)
    fake.faults.set(jwksPath, 'hang')
    const startedAt = performance.now()
    const unseen = ask(fake.token())
    assert.equal(verifier.verify(seen) instanceof Promise, false)
    assert.equal(await unseen, away)
    assert.ok(performance.now() - startedAt < 4_500)
  })

  it('that was never reached is asked once a second at most', async (t) => {
    const { fake, ask } = await openVerifier(t)
    fake.faults.set(oauthPath, { status: 500 })
    fake.faults.set(openidPath, { status: 500 })
    const verdicts = []
    for (let index = 0; index < 200; index++) verdicts.push(await ask(fake.token({ jti: `jti_${index}` })))
    assert.deepEqual(new Set(verdicts), new Set([away]))
    assert.ok(fake.count(oauthPath) <= 2, String(fake.count(oauthPath)))
  })
})
