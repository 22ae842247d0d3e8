/** A-JWT-17: only at+jwt is an access token (RFC 9068 4). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { algorithms, openForge, refusesOnEveryKey } from './forge.ts'

refusesOnEveryKey('A-JWT-17: another typ', ({ resign }) => ({
  missing: resign({ typ: undefined }),
  JWT: resign({ typ: 'JWT' }),
  empty: resign({ typ: '' }),
  null: resign({ typ: null }),
  list: resign({ typ: ['at+jwt'] }),
  'upper case': resign({ typ: 'AT+JWT' }),
  'with a space': resign({ typ: 'at+jwt ' }),
  prefix: resign({ typ: 'at+jwt2' }),
}))

describe('A-JWT-17: the long form of the type', () => {
  for (const algorithm of algorithms) {
    it(`is the same type on ${algorithm}`, async (t) => {
      const { resign, guards } = await openForge(t, algorithm)
      for (const { name, ask } of guards) {
        assert.equal((await ask(resign({ typ: 'application/at+jwt' }))).status, 200, name)
      }
    })
  }
})
