/** Codes of 125 bits, as they are mailed and as people type them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createMailedCodes } from '../../src/utils/mailed-code.ts'
import { createId, deriveKey, hashSecret } from '../../src/utils/secret.ts'

const codes = createMailedCodes(deriveKey('a root secret', 'mailed codes'))

describe('a mailed code', () => {
  it('has five times five letters that no one mistakes for another', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        assert.match(codes.codeOf(id), /^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}$/)
      }),
    )
  })

  it('is the same for the same id, and of another key another', () => {
    const others = createMailedCodes(deriveKey('another root secret', 'mailed codes'))
    assert.equal(codes.codeOf('inv_1'), codes.codeOf('inv_1'))
    assert.notEqual(codes.codeOf('inv_1'), codes.codeOf('inv_2'))
    assert.notEqual(codes.codeOf('inv_1'), others.codeOf('inv_1'))
  })

  it('is read in any case and spacing, with O for 0 and I or L for 1', () => {
    const typing = fc.record({
      id: fc.string(),
      upper: fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
      gaps: fc.array(fc.constantFrom('', ' ', '-', '  ', ' - ', '\n', '\t'), {
        minLength: 26,
        maxLength: 26,
      }),
      zero: fc.constantFrom('0', 'O'),
      one: fc.constantFrom('1', 'I', 'L'),
    })
    fc.assert(
      fc.property(typing, ({ id, upper, gaps, zero, one }) => {
        const letters = [...codes.codeOf(id).replaceAll('-', '')]
        const typed = letters.map((letter, index) => {
          const written = letter === '0' ? zero : letter === '1' ? one : letter
          return `${gaps[index]}${upper[index] ? written : written.toLowerCase()}`
        })
        const expected = codes.hashOf(codes.codeOf(id))
        assert.ok(expected)
        assert.equal(codes.hashOf(`${typed.join('')}${gaps[25]}`), expected)
      }),
    )
  })

  it('is stored as a digest that says nothing of its spelling', () => {
    assert.equal(codes.hashOf('olio1-ABCDE-FGHJK-MNPQR-STVWX'), hashSecret('01101ABCDEFGHJKMNPQRSTVWX'))
  })

  it('is none with another number of letters, or with one that is in no code', () => {
    const code = codes.codeOf('inv_1')
    const wrong = [
      '',
      '123456',
      code.slice(1),
      `${code}0`,
      code.replace(/.$/, 'U'),
      code.replace(/.$/, 'é'),
      `${code} ß`,
    ]
    for (const text of wrong) assert.equal(codes.hashOf(text), undefined, text)
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const letters = text.replace(/[\s-]/g, '')
        if (letters.length !== 25) assert.equal(codes.hashOf(text), undefined)
      }),
    )
  })

  it('changes with every letter', () => {
    const letters = codes.codeOf('inv_1').replaceAll('-', '')
    const expected = codes.hashOf(letters)
    for (let index = 0; index < 25; index++) {
      const other = letters[index] === 'A' ? 'B' : 'A'
      assert.notEqual(codes.hashOf(letters.slice(0, index) + other + letters.slice(index + 1)), expected)
    }
  })

  it('comes once in ten thousand ids', () => {
    const seen = new Set(Array.from({ length: 10_000 }, () => codes.codeOf(createId('inv'))))
    assert.equal(seen.size, 10_000)
  })
})
