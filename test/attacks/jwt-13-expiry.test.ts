/** A-JWT-13: a token that has expired, or that says nothing sensible of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertProblem } from '../support/gate.ts'
import { algorithms, encode, openForge, refusesOnEveryKey } from './forge.ts'

refusesOnEveryKey('A-JWT-13: an exp that is no time', ({ resign, claims, header }) => ({
  missing: resign({}, { exp: undefined }),
  null: resign({}, { exp: null }),
  text: resign({}, { exp: String(claims.exp) }),
  date: resign({}, { exp: '2027-01-01T00:00:00Z' }),
  float: resign({}, { exp: Number(claims.exp) + 0.5 }),
  negative: resign({}, { exp: -1 }),
  zero: resign({}, { exp: 0 }),
  list: resign({}, { exp: [claims.exp] }),
  true: resign({}, { exp: true }),
  milliseconds: resign({}, { exp: Number(claims.exp) * 1_000 }),
  'a hundred years': resign({}, { exp: Number(claims.exp) + 3_155_760_000 }),
  '1e400': `${encode(header)}.${encode(JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e400'))}.AAAA`,
}))

describe('A-JWT-13: an expired token', () => {
  for (const algorithm of algorithms) {
    it(`is refused to the second on ${algorithm}`, async (t) => {
      const { gate, guards, token, resign, claims } = await openForge(t, algorithm)
      const past = resign({}, { exp: Number(claims.iat) })
      for (const { ask } of guards) assertProblem(await ask(past), 401, 'token_expired')
      gate.clock.advance(299_999)
      for (const { name, ask } of guards) assert.equal((await ask(token)).status, 200, name)
      gate.clock.advance(1)
      for (const { ask } of guards) assertProblem(await ask(token), 401, 'token_expired')
      gate.clock.advance('10m')
      for (const { ask } of guards) assertProblem(await ask(token), 401, 'token_expired')
    })
  }
})
