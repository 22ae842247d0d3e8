import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { signEs256 } from '../../src/tokens/ecdsa-signature.ts'

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
