/** Wrong options throw where the guard is made, with their name and the fix. */
import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { createVerifier, requireToken, type VerifyOptions } from '../../verify/src/index.ts'

const issuer = 'https://auth.example.com'
const wrong: Record<string, [Record<string, unknown>, RegExp]> = {
  'no issuer': [{ issuer: undefined }, /issuer has to be an https: URL/],
  'an issuer that is no URL': [{ issuer: 'auth.example.com' }, /issuer/],
  'plain http to elsewhere': [{ issuer: 'http://auth.example.com' }, /issuer .*allowHttp/],
  'loopback in the name only': [{ issuer: 'http://127.0.0.1.evil.test' }, /issuer/],
  'an unknown option': [{ issuerBaseURL: issuer }, /issuerBaseURL is no option: there are issuer, audience/],
  'an empty audience': [{ audience: '' }, /audience has to be the TOKEN_AUDIENCE/],
  'no audience of a list': [{ audience: [] }, /audience/],
  'amr as text': [{ amr: 'otp' }, /amr has to be a list/],
  'amr of nothing': [{ amr: [] }, /amr has to be a list .*leave it out/],
  'a scope of nothing': [{ scope: '' }, /scope has to be words.*leave it out/],
  'a scope of spaces': [{ scope: ' ' }, /scope has to be words.*leave it out/],
  'no scope of a list': [{ scope: [] }, /scope has to be words.*leave it out/],
  'a maxAge without unit': [{ maxAge: '10' }, /maxAge has to be a duration such as '10m'/],
  'a negative maxAge': [{ maxAge: -1 }, /maxAge/],
  'a tolerance over a minute': [{ clockTolerance: '2m' }, /clockTolerance .*to 60 s/],
  'a short secret': [{ secret: 'short' }, /secret has to be text or a secret KeyObject of at least 32 bytes/],
  'one short secret of two': [{ secret: ['x'.repeat(32), 'short'] }, /secret/],
  'no secret of a list': [{ secret: [] }, /secret/],
  'a public key as secret': [{ secret: generateKeyPairSync('ed25519').publicKey }, /secret/],
  'a short secret key': [{ secret: createSecretKey(Buffer.alloc(31)) }, /secret/],
  'secret and jwksUri': [
    { secret: 'x'.repeat(32), jwksUri: `${issuer}/jwks` },
    /secret and jwksUri exclude each other/,
  ],
  'a jwksUri on http': [{ jwksUri: 'http://evil.test/jwks' }, /jwksUri/],
  'a realm with quotes': [{ realm: 'a"b' }, /realm/],
  'a realm with a line end': [{ realm: 'a\r\nX: y' }, /realm/],
  'another missingStatus': [{ missingStatus: 302 }, /missingStatus has to be 401 or 403/],
  'another liveness': [{ liveness: 'poll' }, /liveness has to be none or feed or session/],
  'another choice for silence': [
    { whenFeedIsSilent: 'ignore' },
    /whenFeedIsSilent has to be refuse or accept/,
  ],
  'a feedMaxAge of nothing': [{ feedMaxAge: 0 }, /feedMaxAge/],
  'a registered claim': [{ claims: { sub: 'x' } }, /claims can not ask for sub/],
  'a claim as a list': [{ claims: { role: ['admin'] } }, /claims has for role neither .*write a function/],
  'claims as text': [{ claims: 'admin' }, /claims has to be values by name/],
  'a scope with quotes': [{ scope: ['a"b'] }, /scope/],
  'a fetch that is none': [{ fetch: 'x' }, /fetch has to be a function/],
  'an option of a verifier': [
    { verifier: createVerifier({ issuer }), amr: ['otp'], issuer: undefined },
    /(amr|issuer) belongs into createVerifier/,
  ],
}

describe('the options', () => {
  for (const [name, [options, words]] of Object.entries(wrong)) {
    it(`refuse ${name}`, () => {
      assert.throws(
        () => requireToken({ issuer, ...options } as VerifyOptions),
        (reason) => {
          assert.ok(reason instanceof TypeError)
          assert.match(reason.message, /^@sallyport\/verify: /)
          assert.match(reason.message, words)
          return true
        },
      )
    })
  }

  it('tell every mistake at once', () => {
    const options = { issuer: 'x', amr: 'otp', maxAge: 'x', nope: 1 } as unknown as VerifyOptions
    assert.throws(() => createVerifier(options), /nope is no option.*issuer.*amr.*maxAge/)
  })

  it('allow http to this machine, and elsewhere where that was said', () => {
    for (const good of ['http://localhost:5000', 'http://127.0.0.1:5000', 'http://[::1]:5000'])
      createVerifier({ issuer: good }).close()
    createVerifier({ issuer: 'http://auth.internal', allowHttp: true }).close()
  })

  it('may bring functions of their own, and not new ones for each request', () => {
    const made = []
    const inline = (more: Partial<VerifyOptions>) =>
      createVerifier({
        issuer: 'https://inline.example.com',
        liveness: 'feed',
        now: () => Date.now(),
        ...more,
      })
    assert.throws(
      () => {
        for (let count = 0; count < 200; count++) made.push(inline({}))
      },
      (reason) => {
        assert.ok(reason instanceof TypeError)
        assert.match(reason.message, /^@sallyport\/verify: fetch or now is a new function each time/)
        return true
      },
    )
    assert.equal(made.length, 50)
    made.push(inline({ issuer: 'https://another.example.com' }))
    made.shift()?.close()
    made.push(inline({}))
    for (const verifier of made) verifier.close()
  })

  it('start nothing: a process that only makes guards ends', () => {
    requireToken({ issuer, liveness: 'feed' })
    assert.equal(process.getActiveResourcesInfo().includes('TCPSocketWrap'), false)
  })
})
