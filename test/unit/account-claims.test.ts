/** An account's own claims: what a token may carry, and whether what it says is still so. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { claimsStillHold, readClaims, writeClaims } from '../../src/flow/account-claims.ts'
import { Problem } from '../../src/problems/problem.ts'

const name = fc.stringMatching(/^[A-Za-z][\w.:/-]{0,20}$/).filter((each) => !reserved.includes(each))
const claims = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5, noNullPrototype: true })

describe('claims of an account', () => {
  it('are read as they were written, whatever JSON they are', () => {
    fc.assert(
      fc.property(claims, (some) => {
        const text = JSON.stringify(some)
        if (Buffer.byteLength(text) > 1_024) return
        assert.deepEqual(readClaims(writeClaims(some)), JSON.parse(text))
      }),
    )
  })

  it('have no name that a token gives a meaning of its own', () => {
    for (const each of reserved) {
      const some = JSON.parse(`{"role":"admin","${each}":"x"}`)
      assert.throws(() => writeClaims(some), refusal(`"${each}" is a claim of the token itself.`))
    }
  })

  it('have names of 64 characters at most that begin with a letter', () => {
    for (const each of ['role', 'https://example.test/role', 'a-b_c.d', 'x'.repeat(64)]) {
      assert.equal(writeClaims({ [each]: 1 }), JSON.stringify({ [each]: 1 }))
    }
    for (const each of ['', '1st', '_id', 'two words', 'ä', 'a"b', 'a\nb', 'x'.repeat(65)]) {
      assert.throws(() => writeClaims({ [each]: 1 }), refusal(`"${each}" is not a name for a claim.`))
    }
  })

  it('take 1024 bytes at most, which is not 1024 characters', () => {
    const empty = '{"x":""}'.length
    assert.equal(Buffer.byteLength(writeClaims({ x: 'a'.repeat(1_024 - empty) })), 1_024)
    for (const text of ['a'.repeat(1_025 - empty), 'ä'.repeat(600)]) {
      assert.throws(() => writeClaims({ x: text }), /take more than 1024 bytes/)
    }
  })

  it('that a token tells hold while the account has them with the same values', () => {
    fc.assert(
      fc.property(claims, claims, (told, added) => {
        const current = JSON.stringify({ ...added, ...told })
        assert.equal(claimsStillHold(JSON.parse(JSON.stringify(told)), current), true)
      }),
    )
  })

  it('that were changed or taken away hold no more, and those that were added are no lie', () => {
    const told = { role: 'admin', groups: ['a', 'b'], limits: { day: 3 } }
    const cases: [current: Record<string, unknown>, holds: boolean][] = [
      [told, true],
      [{ ...told, plan: 'gold' }, true],
      [{ ...told, role: 'user' }, false],
      [{ ...told, role: null }, false],
      [{ ...told, groups: ['b', 'a'] }, false],
      [{ ...told, groups: ['a'] }, false],
      [{ ...told, limits: { day: 4 } }, false],
      [{ groups: told.groups, limits: told.limits }, false],
      [{}, false],
    ]
    for (const [current, holds] of cases) {
      assert.equal(claimsStillHold(told, JSON.stringify(current)), holds, JSON.stringify(current))
    }
    assert.equal(claimsStillHold({}, JSON.stringify(told)), true)
  })

  it('hold for no name that every object has', () => {
    for (const each of ['toString', 'constructor', 'hasOwnProperty']) {
      assert.equal(claimsStillHold({ [each]: 'x' }, '{}'), false)
      assert.equal(claimsStillHold({ [each]: 'x' }, `{"${each}":"x"}`), true)
    }
  })
})

const reserved =
  'iss aud sub sid jti iat exp nbf auth_time amr acr azp client_id scope typ cnf toJSON __proto__'.split(' ')

function refusal(detail: string) {
  return (reason: unknown) => {
    assert.ok(reason instanceof Problem)
    assert.deepEqual([reason.code, reason.details.detail], ['invalid_request', detail])
    return true
  }
}
