/** A token has one spelling (security.md 2.4): whatever else decodes to the same bytes is refused before it is looked at. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../src/problems/problem.ts'
import { createAccessTokens } from '../../src/tokens/access-token.ts'
import { createRefreshFamily, createRefreshTokens } from '../../src/tokens/refresh-token.ts'
import { createSharedSecretKeys } from '../../src/tokens/signing-keys.ts'
import { createManualClock } from '../support/clock.ts'

const accessTokens = createAccessTokens({
  keys: createSharedSecretKeys('a-shared-secret-that-is-long-enough-for-HS256'),
  issuer: 'http://localhost:5000',
  audience: 'http://localhost:5000',
  ttlMs: 300_000,
  clock: createManualClock(),
})
const subject = {
  accountId: 'acc_1',
  sessionId: 'ses_1',
  amr: ['pwd', 'otp'],
  authTimeMs: Date.UTC(2026, 0, 1),
}

async function isRefused(token: string): Promise<boolean> {
  try {
    await accessTokens.verify(token)
    return false
  } catch (reason) {
    assert.ok(reason instanceof Problem, String(reason))
    return reason.code === 'token_invalid'
  }
}

describe('the access token', () => {
  it('is refused with any one character changed, added or taken away', async () => {
    const { accessToken } = await accessTokens.issue(subject)
    const place = fc.integer({ min: 0, max: accessToken.length - 1 })
    const char = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom(...'A_-=.+/ \n'),
    )
    const changed = fc.asyncProperty(place, char, fc.constantFrom(0, 1), async (at, other, taken) => {
      const token = accessToken.slice(0, at) + other + accessToken.slice(at + taken)
      assert.ok(token === accessToken || (await isRefused(token)), token)
    })
    await fc.assert(changed, { numRuns: 2_000 })
    for (let at = 0; at < accessToken.length; at++) {
      assert.ok(await isRefused(accessToken.slice(0, at) + accessToken.slice(at + 1)))
    }
    await accessTokens.verify(accessToken)
  })

  it('is refused for anything else, as a refusal and never as a fault', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
    )
    const anything = fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      assert.ok(await isRefused(parts.join('.')))
    })
    await fc.assert(anything, { numRuns: 2_000 })
  })
})

describe('the refresh token', () => {
  it('reads what it wrote, and no other text', () => {
    const tokens = createRefreshTokens([Buffer.alloc(32, 1)])
    const family = createRefreshFamily()
    const generation = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    const round = fc.property(generation, (n) => {
      assert.deepEqual(tokens.read(tokens.write(family, n)), { family, generation: n })
    })
    fc.assert(round)
    const token = tokens.write(family, 7)
    const place = fc.integer({ min: 0, max: token.length - 1 })
    const changed = fc.property(
      place,
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      (at, char) => {
        const other = token.slice(0, at) + char + token.slice(at + 1)
        return other === token || tokens.read(other) === undefined
      },
    )
    fc.assert(changed, { numRuns: 2_000 })
    fc.assert(fc.property(fc.string(), (text) => tokens.read(text) === undefined))
  })
})
