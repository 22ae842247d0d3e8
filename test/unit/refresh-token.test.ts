import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createRefreshFamily, createRefreshTokens } from '../../src/tokens/refresh-token.ts'

const key = Buffer.alloc(32, 1)
const oldKey = Buffer.alloc(32, 2)
const family = Buffer.alloc(16, 7).toString('base64url')
const tokens = createRefreshTokens([key])

const families = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'))
const generations = fc.nat(0xffff_ffff)

describe('a refresh token', () => {
  it('is srt_ and base64url of family, generation and HMAC', () => {
    const body = Buffer.concat([Buffer.alloc(16, 7), Buffer.from([0, 0, 0, 3])])
    const mac = createHmac('sha256', key).update(body).digest()
    assert.equal(tokens.write(family, 3), `srt_${Buffer.concat([body, mac]).toString('base64url')}`)
    assert.match(tokens.write(family, 3), /^srt_[\w-]{70}$/)
  })

  it('reads back what was written', () => {
    fc.assert(
      fc.property(families, generations, (family, generation) => {
        assert.deepEqual(tokens.read(tokens.write(family, generation)), { family, generation })
      }),
    )
  })

  it('A-REF-02: is the same again after a lost reply or a restart', () => {
    assert.equal(createRefreshTokens([key]).write(family, 4), tokens.write(family, 4))
    assert.notEqual(tokens.write(family, 4), tokens.write(family, 5))
  })

  it('F-KEY-03: of the old secret is read while that is the second entry', () => {
    const old = createRefreshTokens([oldKey]).write(family, 1)
    const both = createRefreshTokens([key, oldKey])
    assert.deepEqual(both.read(old), { family, generation: 1 })
    assert.equal(both.write(family, 1), tokens.write(family, 1))
    assert.equal(tokens.read(old), undefined)
  })

  it('has one spelling: any change of a character is refused', () => {
    const token = tokens.write(family, 9)
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (index, character) => {
        const changed = token.slice(0, index) + character + token.slice(index + 1)
        assert.equal(tokens.read(changed)?.generation, changed === token ? 9 : undefined)
      }),
      { numRuns: 2_000 },
    )
  })

  it('has one spelling: the unused bits of the last character are refused', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const token = tokens.write(family, 9)
    const readable = [...alphabet].filter((last) => tokens.read(token.slice(0, -1) + last))
    assert.equal(readable.length, 1)
  })

  it('refuses everything else without a throw', () => {
    const token = tokens.write(family, 0)
    const standard = Buffer.from(token.slice(4), 'base64url').toString('base64')
    for (const text of [
      '',
      'srt_',
      token.slice(4),
      `${token}=`,
      `${token} `,
      ` ${token}`,
      `SRT_${token.slice(4)}`,
    ]) {
      assert.equal(tokens.read(text), undefined)
    }
    assert.equal(tokens.read(`srt_${standard}`), undefined)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        assert.equal(tokens.read(`srt_${text}`), undefined)
      }),
    )
    assert.equal(tokens.read('x'.repeat(1_000_000)), undefined)
  })

  it('refuses to be written for what is no family or no generation', () => {
    for (const bad of ['', 'short', `${family}A`, family.replace(/.$/, '/'), family.replace(/.$/, 'x')]) {
      assert.throws(() => tokens.write(bad, 0), TypeError)
    }
    for (const bad of [-1, 2 ** 32, 1.5, Number.NaN]) assert.throws(() => tokens.write(family, bad))
  })

  it('gets a family of 128 random bits', () => {
    const made = new Set(Array.from({ length: 10_000 }, createRefreshFamily))
    assert.equal(made.size, 10_000)
    for (const family of made) assert.equal(Buffer.from(family, 'base64url').length, 16)
  })
})
