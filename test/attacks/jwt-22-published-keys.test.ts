/** A-JWT-22: what is published tells nothing of the private key. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { algorithms, openForge } from './forge.ts'

describe('A-JWT-22: the published keys', () => {
  for (const algorithm of algorithms) {
    it(`have no private member with ${algorithm}`, async (t) => {
      const { gate, privateKey } = await openForge(t, algorithm)

      const { status, body } = await gate.client().get('/.well-known/jwks.json')

      assert.equal(status, 200)
      const text = JSON.stringify(body)
      for (const key of body.keys) {
        for (const member of ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'])
          assert.equal(member in key, false)
      }
      const { d, k } = privateKey.export({ format: 'jwk' })
      for (const secret of [d, k]) assert.equal(secret !== undefined && text.includes(secret), false)
      assert.equal(body.keys.length, algorithm === 'HS256' ? 0 : 1)
    })
  }
})
