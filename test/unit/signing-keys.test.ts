import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { type ManagedKeyOptions, openManagedKeys } from '../../src/tokens/managed-keys.ts'
import { openPrivateKey, SigningKeyLocked, sealPrivateKey } from '../../src/tokens/sealed-key.ts'
import {
  createSharedSecretKeys,
  type KeyRing,
  type SigningAlgorithm,
  type SigningKeyRecord,
  type SigningKeyStore,
} from '../../src/tokens/signing-keys.ts'

const minute = 60_000
const ttl = 5 * minute
const lifetime = 10 * minute
/** A minute for clocks, and the time that an answer may be on its way. */
const lead = lifetime + 65_000
const sealingKey = randomBytes(32)

class MemoryKeyStore implements SigningKeyStore {
  records: SigningKeyRecord[] = []
  fails = false
  /** What `activate` was asked. */
  asked: string[] = []
  everybodyHasRead = false

  async list() {
    if (this.fails) throw new Error('the store is down')
    return this.records.map((record) => ({ ...record }))
  }
  async add(record: SigningKeyRecord) {
    if (this.records.some(({ follows }) => follows === record.follows)) return false
    this.records.unshift(record)
    return true
  }
  async activate(kid: string, now: number) {
    this.asked.push(kid)
    const record = this.records.find((each) => each.kid === kid && this.everybodyHasRead)
    if (record) record.activeAt = now
    return record !== undefined
  }
  async revoke(kid: string, at: number, spare: SigningKeyRecord) {
    const record = this.records.find((each) => each.kid === kid)
    if (!record) return { found: 'nothing' as const, added: false }
    record.revokedAt = at
    const end = this.records.find((each) => !this.records.some(({ follows }) => follows === each.kid))
    const added = await this.add({ ...spare, activeAt: record.activeAt + 1, follows: end?.kid ?? '' })
    return { found: 'live' as const, added }
  }
  async remove(kids: string[]) {
    this.records = this.records.filter(({ kid }) => !kids.includes(kid))
  }
}

function givenKeys(overrides: Partial<ManagedKeyOptions> = {}) {
  const clock = { time: 1_790_000_000_000, now: () => clock.time }
  const uptime = { time: 0 }
  const store = new MemoryKeyStore()
  const options: ManagedKeyOptions = {
    store,
    sealingKeys: [sealingKey],
    algorithm: 'ES256',
    clock,
    accessTokenTtlMs: ttl,
    jwksLifetimeMs: lifetime,
    rotateEveryMs: 30 * 24 * 60 * minute,
    uptime: () => uptime.time,
    ...overrides,
  }
  const open = (changes: Partial<ManagedKeyOptions> = {}) => openManagedKeys({ ...options, ...changes })
  return { clock, uptime, store, open }
}

const kidsOf = (keys: KeyRing) => keys.jwks().keys.map(({ kid }) => kid)

describe('the first key', () => {
  for (const [algorithm, members] of [
    ['ES256', ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
    ['RS256', ['alg', 'e', 'kid', 'kty', 'n', 'use']],
    ['EdDSA', ['alg', 'crv', 'kid', 'kty', 'use', 'x']],
  ] satisfies [SigningAlgorithm, string[]][]) {
    it(`A-JWT-22: ${algorithm} signs at once and publishes public members only`, async () => {
      const { open } = givenKeys()
      const keys = await open({ algorithm })
      const [jwk] = keys.jwks().keys as [JWK]
      assert.deepEqual(Object.keys(jwk).sort(), members)
      assert.equal(jwk.alg, algorithm)
      assert.equal(jwk.use, 'sig')
      assert.equal(jwk.kid, await calculateJwkThumbprint(jwk))
      assert.equal(keys.signer().kid, jwk.kid)
      assert.equal(keys.signer().algorithm, algorithm)
      const published = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
      assert.ok(keys.verifier(jwk.kid as string)?.key.equals(published))
    })
  }

  it('RS256 has 2048 bits', async () => {
    const keys = await givenKeys().open({ algorithm: 'RS256' })
    assert.equal(keys.signer().key.asymmetricKeyDetails?.modulusLength, 2048)
  })

  it('is found again by the next start', async () => {
    const { open, store } = givenKeys()
    const first = await open()
    const again = await open()
    assert.equal(again.signer().kid, first.signer().kid)
    assert.ok(again.signer().key.equals(first.signer().key))
    assert.equal(store.records.length, 1)
  })

  it('is one, when two processes start together on an empty store', async () => {
    const { open, store } = givenKeys()
    const [a, b] = await Promise.all([open(), open()])
    assert.equal(store.records.length, 1)
    assert.equal(a.signer().kid, b.signer().kid)
  })

  it('signs also while the clock of another process is behind it', async () => {
    const { open, clock } = givenKeys()
    const first = await open()
    clock.time -= 30_000
    assert.equal((await open()).signer().kid, first.signer().kid)
  })
})

describe('rotation', () => {
  it('F-KEY-01: publishes a key before it signs', async () => {
    const { open, clock } = givenKeys()
    const keys = await open()
    const old = keys.signer().kid
    const { kid, activeAt, added } = await keys.rotate()
    assert.equal(added, true)
    assert.equal(activeAt, clock.time + lead)
    assert.deepEqual(kidsOf(keys), [old, kid])
    clock.time = activeAt - 1
    assert.equal(keys.signer().kid, old)
    clock.time = activeAt
    assert.equal(keys.signer().kid, kid)
  })

  it('A-JWT-19: keeps the old key until its last token has expired, then removes it', async () => {
    const { open, clock, store } = givenKeys()
    const keys = await open()
    const old = keys.signer().kid
    const { kid, activeAt } = await keys.rotate()
    clock.time = activeAt + ttl + minute - 1
    await keys.reload()
    assert.ok(keys.verifier(old))
    clock.time += 1
    await keys.reload()
    assert.equal(keys.verifier(old), undefined)
    assert.deepEqual(kidsOf(keys), [kid])
    assert.deepEqual(
      store.records.map((record) => record.kid),
      [kid],
    )
  })

  it('A-RACE-19: two processes that rotate together make one key', async () => {
    const { open, store } = givenKeys()
    const a = await open()
    const b = await open()
    const turns = await Promise.all([a.rotate(), b.rotate(), a.rotate(), b.rotate()])
    assert.equal(store.records.length, 2)
    assert.equal(turns.filter(({ added }) => added).length, 1)
    assert.equal(new Set(turns.map(({ kid }) => kid)).size, 1)
    assert.deepEqual(kidsOf(a), kidsOf(b))
  })

  it('A-RACE-19: a second rotation gets the pending key until it is active', async () => {
    const { open, clock } = givenKeys()
    const keys = await open()
    const first = await keys.rotate()
    clock.time = first.activeAt - 1
    assert.deepEqual(await keys.rotate(), { kid: first.kid, activeAt: first.activeAt, added: false })
    clock.time = first.activeAt
    assert.equal((await keys.rotate()).added, true)
  })

  it('comes by itself once the newest key is old, on one of two processes', async () => {
    const { open, clock, store } = givenKeys({ rotateEveryMs: 60 * minute })
    const [a, b] = await Promise.all([open(), open()])
    clock.time += 60 * minute - 1
    await a.reload()
    assert.equal(store.records.length, 1)
    clock.time += 1
    await Promise.all([a.reload(), b.reload(), b.reload()])
    assert.equal(store.records.length, 2)
    assert.deepEqual(kidsOf(a), kidsOf(b))
  })

  it('is learned from the store by the other process', async () => {
    const { open } = givenKeys()
    const [a, b] = await Promise.all([open(), open()])
    const { kid } = await a.rotate()
    assert.equal(b.verifier(kid), undefined)
    await b.reload()
    assert.ok(b.verifier(kid))
  })

  it('F-KEY-02: a key that was removed from the store is gone after the next reload', async () => {
    const { open, store } = givenKeys()
    const keys = await open()
    const stolen = keys.signer().kid
    await store.remove([stolen])
    await keys.reload()
    assert.equal(keys.verifier(stolen), undefined)
    assert.notEqual(keys.signer().kid, stolen)
  })

  it('keeps the keys it has while the store is down, and recovers', async () => {
    const { open, store } = givenKeys()
    const keys = await open()
    const { kid } = keys.signer()
    store.fails = true
    await assert.rejects(keys.reload(), /the store is down/)
    assert.equal(keys.signer().kid, kid)
    store.fails = false
    await keys.reload()
    assert.equal(keys.signer().kid, kid)
  })

  it('another JWT_ALG takes over after the lead', async () => {
    const { open, clock } = givenKeys()
    const before = await open()
    const after = await open({ algorithm: 'EdDSA' })
    assert.equal(after.signer().kid, before.signer().kid)
    assert.deepEqual(
      after.jwks().keys.map(({ alg }) => alg),
      ['ES256', 'EdDSA'],
    )
    clock.time += lead
    assert.equal(after.signer().algorithm, 'EdDSA')
    await before.reload()
    assert.ok(before.verifier(after.signer().kid))
  })
})

describe('a rotation that waits for its readers', () => {
  it('F-KEY-01: asks whether all have read it once every server has it, and signs at once then', async () => {
    const { open, clock, uptime, store } = givenKeys()
    const keys = await open()
    const old = keys.signer().kid
    const { kid, activeAt } = await keys.rotate()
    store.everybodyHasRead = true
    clock.time += 3_000
    await keys.reload()
    uptime.time += 2_999
    await keys.reload()
    assert.deepEqual(store.asked, [])
    assert.equal(keys.signer().kid, old)
    uptime.time += 1
    await keys.reload()
    assert.deepEqual(store.asked, [kid])
    assert.equal(keys.signer().kid, kid)
    assert.ok(clock.time < activeAt)
    await keys.reload()
    assert.deepEqual(store.asked, [kid])
  })

  it('counts from when it was seen, anew for each key and in each process', async () => {
    const { open, uptime, store } = givenKeys()
    const keys = await open()
    await keys.rotate()
    await keys.reload()
    uptime.time += 3_000
    const other = await open()
    await other.reload()
    assert.deepEqual(store.asked, [])
    await keys.reload()
    assert.equal(store.asked.length, 1)
  })

  it('keeps on asking, and signs at its planned time when nobody answers for the readers', async () => {
    const { open, clock, uptime, store } = givenKeys()
    const keys = await open()
    const { kid, activeAt } = await keys.rotate()
    await keys.reload()
    uptime.time += 3_000
    await keys.reload()
    await keys.reload()
    assert.deepEqual(store.asked, [kid, kid])
    assert.notEqual(keys.signer().kid, kid)
    clock.time = activeAt
    assert.equal(keys.signer().kid, kid)
  })

  it('takes a longer lead, and none that is shorter', async () => {
    for (const [asked, took] of [
      [120 * minute, 120 * minute],
      [minute, lead],
    ] as const) {
      const { open, clock } = givenKeys()
      const { activeAt } = await (await open()).rotate(asked)
      assert.equal(activeAt - clock.time, took)
    }
  })
})

describe('a revoked key', () => {
  it('F-KEY-02: neither signs nor verifies nor is published, and another signs at once', async () => {
    const { open } = givenKeys()
    const [here, there] = await Promise.all([open(), open()])
    const leaked = here.signer().kid
    const { found, added, signs } = await here.revoke(leaked)
    assert.deepEqual([found, added], ['live', true])
    assert.notEqual(signs, leaked)
    await there.reload()
    for (const keys of [here, there]) {
      assert.equal(keys.signer().kid, signs)
      assert.equal(keys.verifier(leaked), undefined)
      assert.deepEqual(kidsOf(keys), [signs])
      assert.deepEqual(keys.revokedKids(), [leaked])
    }
  })

  it('signs nowhere, also where the clock is behind', async () => {
    const { open, clock } = givenKeys()
    const keys = await open()
    const first = keys.signer().kid
    clock.time = (await keys.rotate()).activeAt
    const second = keys.signer().kid
    clock.time += minute
    const { signs } = await keys.revoke(second)
    // The key before it would have been retired while tokens that it signed now were alive.
    clock.time -= 30_000
    assert.equal(keys.signer().kid, signs)
    assert.notEqual(signs, first)
  })

  it('I2: stays dead after a restart, and when an older list comes', async () => {
    const { open, store } = givenKeys()
    const keys = await open()
    const leaked = keys.signer().kid
    const { kid: next } = await keys.rotate()
    const before = await store.list()
    await keys.revoke(leaked)
    assert.equal((await open()).verifier(leaked), undefined)
    store.list = async () => before
    await keys.reload()
    assert.equal(keys.verifier(leaked), undefined)
    assert.equal(keys.signer().kid, next)
    store.list = async () => before.slice(-1)
    await assert.rejects(keys.reload(), /no signing key that is good/)
    assert.equal(keys.verifier(leaked), undefined)
  })

  it('is remembered until its last token has expired on the slowest clock, then removed', async () => {
    const { open, clock, store } = givenKeys()
    const keys = await open()
    const leaked = keys.signer().kid
    const { signs } = await keys.revoke(leaked)
    clock.time += ttl + 2 * minute - 1
    await keys.reload()
    assert.deepEqual(keys.revokedKids(), [leaked])
    clock.time += 1
    await keys.reload()
    assert.deepEqual(keys.revokedKids(), [])
    assert.deepEqual(
      store.records.map(({ kid }) => kid),
      [signs],
    )
  })

  it('A-RACE-19: keeps its place at the end of the chain, so that rotations meet there', async () => {
    const { open, clock, store } = givenKeys()
    const keys = await open()
    const { kid: pending } = await keys.rotate()
    const record = store.records.find(({ kid }) => kid === pending) as SigningKeyRecord
    record.revokedAt = clock.time
    clock.time += 60 * minute
    const others = await Promise.all([open(), open()])
    const turns = await Promise.all([keys.rotate(), ...others.map((each) => each.rotate())])
    assert.equal(turns.filter(({ added }) => added).length, 1)
    assert.equal(store.records.find(({ kid }) => kid === turns[0]?.kid)?.follows, pending)
  })

  it('needs no secret any more', async () => {
    const newer = randomBytes(32)
    const { open, clock } = givenKeys()
    const old = (await open()).signer().kid
    await (await open({ sealingKeys: [newer, sealingKey] })).revoke(old)
    clock.time += 1
    assert.deepEqual((await open({ sealingKeys: [newer] })).revokedKids(), [old])
  })
})

describe('sealing', () => {
  it('11.3.3: the store holds no private key in the clear', async () => {
    const { open, store } = givenKeys()
    const keys = await open()
    const { d } = keys.signer().key.export({ format: 'jwk' }) as { d: string }
    assert.equal(JSON.stringify(store.records).includes(d), false)
    const { publicJwk } = store.records[0] as SigningKeyRecord
    assert.deepEqual(Object.keys(JSON.parse(publicJwk)).sort(), ['crv', 'kty', 'x', 'y'])
    assert.equal(inspect(keys, { depth: 9, showHidden: true }).includes(d), false)
  })

  it('F-KEY-03: the old secret as the second entry opens, and can go once its key has gone', async () => {
    const newer = randomBytes(32)
    const { open, clock } = givenKeys()
    const old = (await open()).signer().kid
    const keys = await open({ sealingKeys: [newer, sealingKey] })
    assert.equal(keys.signer().kid, old)
    clock.time += lead + ttl + minute
    const after = await open({ sealingKeys: [newer] })
    assert.equal(after.verifier(old), undefined)
    assert.deepEqual(kidsOf(after), [kidsOf(keys)[1]])
  })

  it('a changed secret ends the start with the kid and the fix', async () => {
    const { open } = givenKeys()
    const { kid } = (await open()).signer()
    await assert.rejects(open({ sealingKeys: [randomBytes(32)] }), (error) => {
      assert.ok(error instanceof SigningKeyLocked)
      assert.equal(error.kid, kid)
      for (const word of [kid, 'SESSION_SECRET', 'NEW,OLD']) assert.ok(error.message.includes(word))
      return true
    })
  })

  it('a public key planted in the store verifies nothing', async () => {
    const { open, store } = givenKeys()
    const genuine = (await open()).signer()
    const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const record = store.records[0] as SigningKeyRecord
    record.publicJwk = JSON.stringify(attacker.publicKey.export({ format: 'jwk' }))
    const reopened = await open()
    assert.ok(reopened.verifier(genuine.kid)?.key.equals(createPublicKey(genuine.key)))
  })

  it('11.2.5: any flipped bit, cut or moved ciphertext stays locked', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const sealed = Buffer.from(sealPrivateKey(privateKey, 'kid-1', sealingKey), 'base64url')
    const open = (bytes: Buffer, kid = 'kid-1') =>
      openPrivateKey(bytes.toString('base64url'), kid, [randomBytes(32), sealingKey])
    assert.ok(open(sealed).privateKey.equals(privateKey))
    assert.equal(open(sealed).sealedUnderFirst, false)
    assert.throws(() => open(sealed, 'kid-2'), SigningKeyLocked)
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.nat(7), (index, bit) => {
        const flipped = Buffer.from(sealed)
        flipped.writeUInt8(flipped.readUInt8(index) ^ (1 << bit), index)
        assert.throws(() => open(flipped), SigningKeyLocked)
      }),
    )
    for (let length = 0; length < sealed.length; length += 1) {
      assert.throws(() => open(sealed.subarray(0, length)), SigningKeyLocked)
    }
  })

  it('the same key is never sealed twice with one nonce', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const nonces = Array.from({ length: 100 }, () =>
      sealPrivateKey(privateKey, 'kid', sealingKey).slice(0, 16),
    )
    assert.equal(new Set(nonces).size, 100)
  })
})

describe('JWT_SECRET', () => {
  it('signs HS256, publishes nothing and names itself without giving the secret away', async () => {
    const keys = createSharedSecretKeys('myjwtsecret')
    const { kid, algorithm, key } = keys.signer()
    assert.equal(algorithm, 'HS256')
    assert.equal(key.export().toString(), 'myjwtsecret')
    assert.match(kid, /^[\w-]{11}$/)
    assert.deepEqual(keys.verifier(kid), { algorithm, key })
    assert.equal(keys.verifier('other'), undefined)
    assert.deepEqual([keys.jwks(), keys.revokedKids(), keys.freshen()], [{ keys: [] }, [], undefined])
    assert.equal(createSharedSecretKeys('myjwtsecret').signer().kid, kid)
    assert.notEqual(createSharedSecretKeys('myjwtsecreu').signer().kid, kid)
    await keys.reload()
    await assert.rejects(keys.rotate(), /JWT_SECRET/)
    await assert.rejects(keys.revoke(kid), /JWT_SECRET/)
  })
})
