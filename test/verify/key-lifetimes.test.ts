/** F-KEY-04, and keys in the course of time: rotated, out of date, of an issuer that is away. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/services.ts'
import { type FakeIssuer, jwksPath, makeKey } from './fake-issuer.ts'
import { away, openVerifier, unknownKid } from './verifier-before-fake.ts'

describe('F-KEY-04: a flood of kids that nobody knows', () => {
  it('makes one fetch of the keys, of 10 000', async (t) => {
    const { fake, ask } = await openVerifier(t)
    const verdicts = new Set<string>()
    for (let batch = 0; batch < 100; batch++) {
      const tokens = Array.from({ length: 100 }, (_, index) => fakeKid(fake, `${batch}-${index}`))
      for (const each of await Promise.all(tokens.map(ask))) verdicts.add(each)
    }
    assert.deepEqual(verdicts, new Set([unknownKid]))
    assert.equal(fake.count(jwksPath), 1)
    assert.equal(await ask(fake.token()), '200')
  })

  it('makes one more fetch beside keys that are known, and holds nobody up', async (t) => {
    const { fake, ask, pass } = await openVerifier(t)
    assert.equal(await ask(fake.token()), '200')
    pass(31_000)
    for (let index = 0; index < 1_000; index++) await ask(fakeKid(fake, String(index)))
    assert.equal(fake.count(jwksPath), 2)
    assert.equal(await ask(fake.token({ jti: 'jti_2' })), '200')
  })

  function fakeKid(fake: FakeIssuer, kid: string): string {
    return fake.token({}, fake.keys[0], { kid })
  }
})

describe('rotation', () => {
  it('finds the new key at its first token, and drops the tokens of one that has gone', async (t) => {
    const { fake, ask, pass } = await openVerifier(t)
    const old = fake.token()
    assert.equal(await ask(old), '200')
    pass(31_000)
    fake.addKey('key-2')
    assert.equal(await ask(fake.token()), '200')
    assert.equal(await ask(old), '200')

    fake.keys.shift()
    pass(1_000_000)
    assert.equal(await ask(old), unknownKid)
  })

  it('reads the list again when its lifetime is over: beside the request at first, before it later', async (t) => {
    const { fake, ask, pass } = await openVerifier(t)
    const token = fake.token()
    assert.equal(await ask(token), '200')
    pass(299_000)
    assert.equal(await ask(token), '200')
    assert.equal(fake.count(jwksPath), 1)
    pass(301_000)
    assert.equal(await ask(token), '200')
    await eventually(async () => assert.equal(fake.count(jwksPath), 2))
    fake.keys.shift()
    fake.addKey('key-2')
    pass(301_000 + 901_000)
    assert.equal(await ask(token), unknownKid)
  })

  it('keeps to bounds whatever Cache-Control says', async (t) => {
    for (const [control, keptMs, goneMs] of [
      ['no-store', 290_000, 310_000],
      ['max-age=0', 29_000, 31_000],
      ['public, max-age=999999', 3_590_000, 3_610_000],
    ] as const) {
      const { fake, ask, pass } = await openVerifier(t)
      fake.jwksHeaders = { 'Cache-Control': control }
      assert.equal(await ask(fake.token()), '200')
      pass(keptMs)
      assert.equal(await ask(fake.token()), '200')
      assert.equal(fake.count(jwksPath), 1, control)
      pass(goneMs)
      assert.equal(await ask(fake.token()), '200')
      assert.equal(fake.count(jwksPath), 2, control)
      pass(0)
    }
  })
})

describe('an issuer that goes away', () => {
  it('leaves its keys for a day, and then nothing: neither yes nor no', async (t) => {
    const { fake, ask, pass } = await openVerifier(t)
    const far = Math.floor(Date.now() / 1_000) + 7_000
    const token = fake.token({ exp: far })
    assert.equal(await ask(token), '200')
    fake.faults.set(jwksPath, 'cut')
    pass(3_600_000)
    assert.equal(await ask(token), '200')
    assert.equal(await ask(fake.token({ jti: 'jti_2' })), '200')
    // A kid that may be new since: no 401, which would sign somebody out.
    assert.equal(await ask(fake.token({}, makeKey('key-2'))), away)
    pass(86_400_000 + 60_000)
    assert.equal(await ask(token), away)

    fake.faults.clear()
    pass(86_400_000 + 120_000)
    await eventually(async () => assert.equal(await ask(token), '200'))
  })

  it('is kept as long as staleKeysFor says', async (t) => {
    const { fake, ask, pass } = await openVerifier(t, { staleKeysFor: '10m' })
    assert.equal(await ask(fake.token()), '200')
    fake.faults.set(jwksPath, { status: 503 })
    pass(3_600_000)
    assert.equal(await ask(fake.token()), away)
  })
})
