/** The one canonicaliser for e-mail addresses (security.md D11). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalEmail, maskEmail } from '../../src/utils/email.ts'

describe('the canonical e-mail address', () => {
  const spellings: [written: string, stored: string | undefined][] = [
    ['ada@example.test', 'ada@example.test'],
    ['Ada.Lovelace+gate@Example.TEST', 'ada.lovelace+gate@example.test'],
    ["o'neil_{x}|~@sub.example.co.uk", "o'neil_{x}|~@sub.example.co.uk"],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['', undefined],
    ['ada', undefined],
    ['@example.test', undefined],
    ['ada@', undefined],
    ['ada@example', undefined],
    ['ada@@example.test', undefined],
    ['a@x.test,b@y.test', undefined],
    ['a@x.test b@y.test', undefined],
    ['a@x.test;b@y.test', undefined],
    ['"a@x.test"@y.test', undefined],
    ['"ada"@example.test', undefined],
    ['ada(comment)@example.test', undefined],
    ['Ada <ada@example.test>', undefined],
    ['ada@example.test\r\nBcc: eve@evil.test', undefined],
    ['ada@example.test\n', undefined],
    ['ada@example.test%00', undefined],
    ['ada@example.test\0', undefined],
    [' ada@example.test', undefined],
    ['ada@example.test ', undefined],
    ['.ada@example.test', undefined],
    ['ada.@example.test', undefined],
    ['a..da@example.test', undefined],
    ['ada@example.test.', undefined],
    ['ada@.example.test', undefined],
    ['ada@example..test', undefined],
    ['ada@-example.test', undefined],
    ['ada@127.0.0.1', undefined],
    ['ada@[127.0.0.1]', undefined],
    ['ada@0x7f.1', undefined],
    ['ada＠example.test', undefined],
    ['ad\u0430@example.test', undefined],
    ['ada@example\u3002test', undefined],
    ['ada@\u212Aexample.test', undefined],
    ['ada@example.\u0130t', undefined],
    ['\u212Ada@example.test', undefined],
    ['ada@exa\u00ADmple.test', undefined],
    ['ada@exa\u200Bmple.test', undefined],
    ['ada@ｅxample.test', undefined],
    [`${'a'.repeat(64)}@example.test`, `${'a'.repeat(64)}@example.test`],
    [`${'a'.repeat(65)}@example.test`, undefined],
    [`ada@${'a'.repeat(63)}.test`, `ada@${'a'.repeat(63)}.test`],
    [`ada@${'a'.repeat(64)}.test`, undefined],
    [`ada@${'a.'.repeat(130)}test`, undefined],
  ]
  for (const [written, stored] of spellings) {
    it(`of ${JSON.stringify(written).slice(0, 60)} is ${stored ?? 'none'}`.slice(0, 110), () => {
      assert.equal(canonicalEmail(written), stored)
    })
  }

  const anything = fc.oneof(
    fc.emailAddress(),
    fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })).map((parts) => parts.join('@')),
    fc
      .tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme', minLength: 1 }))
      .map(([local, domain]) => `${local}@${domain}.test`),
  )

  it('is its own canonical form', () => {
    const idempotent = fc.property(anything, (text) => {
      const email = canonicalEmail(text)
      return email === undefined || canonicalEmail(email) === email
    })
    fc.assert(idempotent, { numRuns: 2_000 })
  })

  it('is one ASCII mailbox, whatever was written', () => {
    const mailbox = fc.property(anything, (text) => {
      const email = canonicalEmail(text)
      return (
        email === undefined ||
        (/^[!-~]+$/.test(email) && email.split('@').length === 2 && email.length <= 254)
      )
    })
    fc.assert(mailbox, { numRuns: 2_000 })
  })

  it('is the same for every case of the same letters', () => {
    const folds = fc.property(fc.emailAddress(), (text) => {
      const forms = [text, text.toUpperCase(), text.toLowerCase()].map(canonicalEmail)
      return new Set(forms).size === 1
    })
    fc.assert(folds, { numRuns: 1_000 })
  })

  it('is never that of another domain: two spellings that a resolver tells apart stay apart', () => {
    const domain = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    const apart = fc.property(domain, (text) => {
      const email = canonicalEmail(`ada@${text}.test`)
      if (email === undefined || /^[\x21-\x7e]+$/.test(text)) return true
      // Not written in ASCII: then it is stored in punycode, and never becomes an ASCII name of somebody else.
      return email
        .slice('ada@'.length)
        .split('.')
        .some((label) => label.startsWith('xn--'))
    })
    fc.assert(apart, { numRuns: 2_000 })
  })

  it('takes no time, however it is written', () => {
    for (const text of [
      'a'.repeat(100_000),
      `${'a.'.repeat(50_000)}@x`,
      `a@${'a-'.repeat(50_000)}`,
      `a@${'.'.repeat(250)}`,
    ]) {
      const startedAt = performance.now()
      assert.equal(canonicalEmail(text), undefined)
      assert.ok(performance.now() - startedAt < 50)
    }
  })
})

describe('the masked address', () => {
  it('shows the ends of the local part', () => {
    assert.equal(maskEmail('test@test.com'), 't••t@test.com')
    assert.equal(maskEmail('ab@test.com'), 'a••@test.com')
    assert.equal(maskEmail('a@test.com'), 'a••@test.com')
  })
})
