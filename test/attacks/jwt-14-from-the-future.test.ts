/** A-JWT-14: a token from the future. 60 s of it are two clocks that differ (docs/security: leeway). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { algorithms, openForge, refusesOnEveryKey } from './forge.ts'

refusesOnEveryKey('A-JWT-14: iat and nbf beyond the leeway', ({ resign, claims }) => {
  const now = Number(claims.iat)
  return {
    'iat in 61 s': resign({}, { iat: now + 61, exp: now + 361 }),
    'nbf in 61 s': resign({}, { nbf: now + 61 }),
    'iat in an hour': resign({}, { iat: now + 3_600, exp: now + 3_900 }),
    'nbf as text': resign({}, { nbf: String(now) }),
    'nbf null': resign({}, { nbf: null }),
    'iat missing': resign({}, { iat: undefined }),
    'iat as text': resign({}, { iat: String(now) }),
  }
})

describe('A-JWT-14: within the leeway', () => {
  for (const algorithm of algorithms) {
    it(`is accepted on ${algorithm}`, async (t) => {
      const { resign, claims, guards } = await openForge(t, algorithm)
      const now = Number(claims.iat)
      for (const { name, ask } of guards) {
        assert.equal((await ask(resign({}, { iat: now + 60, nbf: now + 60 }))).status, 200, name)
      }
    })
  }
})
