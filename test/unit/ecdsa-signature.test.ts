import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { compactVerify } from 'jose'
import { signEs256, verifyEs256 } from '../../src/tokens/ecdsa-signature.ts'

test('every ES256 signature has 64 bytes and verifies, short integers too', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // One in 128 has a short r or s: two thousand meet about 15 of each.
  for (let round = 0; round < 2_000; round++) {
    const signature = signEs256(privateKey, `message ${round}`)
    assert.equal(signature.length, 64)
    const good = verify(
      'sha256',
      Buffer.from(`message ${round}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      signature,
    )
    assert.ok(good, `round ${round}`)
  }
})

test('a signature is good exactly where jose finds it good', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const header = Buffer.from('{"alg":"ES256"}').toString('base64url')
  const change = fc.record({ at: fc.nat(63), to: fc.nat(255), length: fc.constantFrom(63, 64, 65) })
  await fc.assert(
    fc.asyncProperty(fc.base64String(), fc.option(change), async (text, changed) => {
      const input = `${header}.${Buffer.from(text).toString('base64url')}`
      let signature = signEs256(privateKey, input)
      if (changed) {
        signature = Buffer.concat([signature, Buffer.alloc(1)]).subarray(0, changed.length)
        signature[Math.min(changed.at, changed.length - 1)] = changed.to
      }
      const token = `${input}.${signature.toString('base64url')}`
      const byJose = await compactVerify(token, publicKey, { algorithms: ['ES256'] }).then(
        () => true,
        () => false,
      )
      assert.equal(verifyEs256(publicKey, input, signature), byJose)
    }),
    { numRuns: 500 },
  )
})

test('A-JWT-08: zero, the order of the curve and all ones are no r and no s', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  const odd = ['00'.repeat(32), order, 'ff'.repeat(32)].map((hex) => Buffer.from(hex, 'hex'))
  const good = signEs256(privateKey, 'message')
  for (const value of odd) {
    const [r, s] = [good.subarray(0, 32), good.subarray(32)]
    for (const signature of [
      [value, s],
      [r, value],
      [value, value],
    ]) {
      assert.equal(verifyEs256(publicKey, 'message', Buffer.concat(signature)), false)
    }
  }
  assert.equal(verifyEs256(publicKey, 'message', good), true)
})
