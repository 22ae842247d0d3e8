import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { dictionary } from '@zxcvbn-ts/language-common'
import fc from 'fast-check'
import { createPasswordPolicy } from '../../src/passwords/policy.ts'
import { Problem } from '../../src/problems/problem.ts'

const service = { productName: 'Acme Bank', publicUrl: 'https://auth.geldhaus.co.example', breached: false }
const policy = createPasswordPolicy(service)
const list = dictionary['passwords-common']

async function refusalOf(
  password: string,
  email = 'ada@example.test',
  rules = policy,
): Promise<Problem | null> {
  try {
    await rules.check(password, { email })
    return null
  } catch (error) {
    assert.ok(error instanceof Problem, String(error))
    assert.deepEqual([error.code, error.status], ['password_rejected', 422])
    return error
  }
}

async function verdictOn(...given: Parameters<typeof refusalOf>): Promise<unknown> {
  const refusal = await refusalOf(...given)
  return refusal === null ? 'accepted' : refusal.details.extra?.reason
}

/** The same `length` characters each time, with no pattern in them. */
function varied(length: number, alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'): string {
  const characters = [...alphabet]
  const bytes = createHash('shake256', { outputLength: length }).update('varied').digest()
  return Array.from(bytes, (byte) => characters[byte % characters.length]).join('')
}

describe('the length', () => {
  const emoji = '🔑🐎🔋📎🌊🚲🎻🧭'

  for (const [name, password, expected] of [
    ['nothing', '', 'too_short'],
    ['7 characters', varied(7), 'too_short'],
    ['8 characters', varied(8), 'accepted'],
    ['7 emoji', varied(7, emoji), 'too_short'],
    ['8 emoji', varied(8, emoji), 'accepted'],
    ['4 letters with 4 combining marks', 'q\u0301w\u0302x\u0303m\u0308', 'accepted'],
    ['64 characters', varied(64), 'accepted'],
    ['128 characters', varied(128), 'accepted'],
    ['256 characters', varied(256), 'accepted'],
    ['257 characters', varied(257), 'too_long'],
    ['256 emoji', varied(256, emoji), 'accepted'],
    ['257 emoji', varied(257, emoji), 'too_long'],
    ['half of a surrogate pair', `${varied(10)}\ud800`, 'not_unicode'],
  ] as const) {
    it(`ASVS 6.2.1, 6.2.9: is counted in code points: ${name}`, async () => {
      assert.equal(await verdictOn(password), expected)
    })
  }

  it('ASVS 6.2.5: asks for no kinds of characters', async () => {
    const kinds = [
      'correct horse battery staple',
      '8301948572630',
      'ЙЦУКЕНГ ШЩЗ',
      '#%&/(=)?+*',
      'zug nach süden',
    ]
    for (const password of kinds) assert.equal(await verdictOn(password), 'accepted', password)
  })

  for (const [name, password] of [
    ['one letter', 'a'.repeat(10_000_000)],
    ['emoji', '\u{1f511}'.repeat(2_500_000)],
    ['halves of characters', '\ud800'.repeat(10_000_000)],
  ] as const) {
    it(`A-PW-05: ten megabytes are refused before they are looked at: ${name}`, async () => {
      const startedAt = performance.now()
      assert.equal(await verdictOn(password), 'too_long')
      assert.ok(performance.now() - startedAt < 50)
    })
  }

  it('A-PW-05: the worst 256 characters take less than 50 ms', async () => {
    await verdictOn(varied(8))
    const email = `a${'.abcd'.repeat(12)}@${'abcd.'.repeat(36)}com`
    const one = ['a'.repeat(255), '1'.repeat(255), 'İ'.repeat(255), '\u0344'.repeat(255), 'ab'.repeat(127)]
    for (const password of [...one.map((text) => `${text}!`), varied(256, '0123456789'), 'abcd'.repeat(64)]) {
      const startedAt = performance.now()
      await verdictOn(password, email)
      assert.ok(performance.now() - startedAt < 50, password)
    }
  })
})

describe('common passwords', () => {
  it('ASVS 6.2.4: every one on the list is refused, in any case, from its first to its last', async () => {
    const long = list.filter((password) => password.length >= 8)
    assert.deepEqual([long.length > 3000, long[0], long.at(-1)], [true, 'password', 'dimazarya'])
    for (const password of long) {
      assert.notEqual(await verdictOn(password), 'accepted', password)
      assert.notEqual(await verdictOn(password.toUpperCase()), 'accepted', password)
    }
  })

  it('ASVS 6.2.4: and so is every one of six characters or more with a few digits and signs at its ends', async () => {
    for (const password of list.filter((password) => password.length >= 6)) {
      for (const dressed of [`${password}1!`, `#1${password} 26`]) {
        assert.notEqual(await verdictOn(dressed), 'accepted', dressed)
      }
    }
  })

  for (const [password, expected] of [
    ['Password1!', 'too_common'],
    ['Winter2026!', 'too_common'],
    ['P@ssw0rd123', 'too_common'],
    ['Trustno1!!', 'too_common'],
    ['dragon1234567', 'too_common'],
    ['password12345678', 'too_common'],
    ['20260101 dragon', 'accepted'],
    ['dragon83019485', 'accepted'],
    ['dragonxkvw', 'accepted'],
    ['the dragon sleeps', 'accepted'],
    ['horse-72-1', 'accepted'],
  ] as const) {
    it(`a common password stays one behind few digits and signs: ${password}`, async () => {
      assert.equal(await verdictOn(password), expected)
    })
  }

  for (const [password, expected] of [
    ['aaaaaaaa', 'too_simple'],
    ['        ', 'too_simple'],
    ['\u{1f511}'.repeat(8), 'too_simple'],
    ['a'.repeat(256), 'too_simple'],
    ['aaaaaaa1', 'too_simple'],
    ['12121212', 'too_simple'],
    ['kx7kx7kx', 'too_simple'],
    ['abcdefgh', 'too_simple'],
    ['HGFEDCBA', 'too_simple'],
    ['87654321', 'too_simple'],
    ['12345678', 'too_simple'],
    ['acegikmo', 'too_simple'],
    ['абвгдежз', 'too_simple'],
    ['abcdefgh1!', 'too_simple'],
    ['dragonfly-dragonfly-', 'too_common'],
    ['abcdxefgh', 'accepted'],
    ['kx7wq2mv kx7wq2mv', 'accepted'],
  ] as const) {
    it(`the patterns that the list leaves to a rule: ${password.slice(0, 20)}`, async () => {
      assert.equal(await verdictOn(password), expected)
    })
  }

  it('what has eight random characters of its own passes', async () => {
    const own = fc.string({ unit: fc.constantFrom(...'bdfghjkqvwxz'), minLength: 8, maxLength: 40 })
    const tried = own.filter((text) => new Set(text).size > 5 && !list.includes(text))
    await fc.assert(fc.asyncProperty(tried, async (text) => (await verdictOn(text)) === 'accepted'))
  })
})

describe('context words', () => {
  const ada = 'ada@example.test'
  const lovelace = 'ada.lovelace+news@mail.analytical-engine.example'

  for (const [email, password, expected] of [
    [ada, 'ada@example.test', 'contains_address'],
    [ada, 'ADA@Example.TEST!', 'contains_address'],
    [ada, 'ada12345', 'contains_address'],
    [ada, 'ada-ada-ada-', 'contains_address'],
    [ada, 'ada-87654321', 'contains_address'],
    [ada, 'example.test #7', 'contains_address'],
    [ada, 'Example-kx7wq', 'contains_address'],
    [ada, 'example test ada', 'contains_address'],
    [ada, 'test-kx7', 'accepted'],
    [ada, 'the password of ada@example.test', 'accepted'],
    [ada, 'correct horse battery staple', 'accepted'],
    [ada, 'canada in november', 'accepted'],
    ['test@test.com', 'test-kx7', 'contains_address'],
    ['test@test.com', 'nobody could test this sentence by chance', 'accepted'],
    ['jo@example.test', 'jo-kx7wq', 'accepted'],
    [lovelace, 'Lovelace1815', 'contains_address'],
    [lovelace, 'adalovelace!', 'contains_address'],
    [lovelace, 'analytical+99', 'contains_address'],
    [lovelace, 'AnalyticalEngine', 'contains_address'],
    [lovelace, 'lovelace-news-mail', 'contains_address'],
    [lovelace, 'ada-kx7wq', 'accepted'],
    ['ada@xn--bcher-kva.example', 'Bücher#2026', 'contains_address'],
    ['ada@xn--bcher-kva.example', 'bu\u0308cher#2026', 'contains_address'],
    ['a.b@c.example', 'banana boat', 'accepted'],
    [ada, 'Acme Bank 7', 'contains_context'],
    [ada, 'acmebank2026', 'contains_context'],
    [ada, 'bank#2026', 'contains_context'],
    [ada, 'geldhaus77', 'contains_context'],
    [ada, 'https://auth.geldhaus.co.example', 'accepted'],
    [ada, 'auth.geldhaus.co.example!', 'contains_context'],
    [ada, 'my piggy bank is full', 'accepted'],
    ['ada@geldhaus.example', 'geldhaus77', 'contains_address'],
    ['ada@other.example', 'example-kx7', 'accepted'],
  ] as const) {
    it(`A-PW-06, ASVS 6.1.2, 6.2.11: ${password} of ${email} is ${expected}`, async () => {
      assert.equal(await verdictOn(password, email), expected)
    })
  }

  it('of a service on localhost, an IP address or without letters are the name and the host', async () => {
    for (const [publicUrl, password, expected] of [
      ['http://localhost:3000', 'localhost3000', 'contains_context'],
      ['http://127.0.0.1:3000', '127.0.0.1:3000', 'contains_context'],
      ['http://[::1]:3000', 'http://[::1]:3000', 'accepted'],
      ['http://[::1]:3000', 'Sallyport7', 'contains_context'],
    ] as const) {
      const rules = createPasswordPolicy({ productName: 'Sallyport', publicUrl, breached: false })
      assert.equal(await verdictOn(password, ada, rules), expected, password)
    }
    const unnamed = createPasswordPolicy({ productName: '', publicUrl: 'http://a.b', breached: false })
    assert.equal(await verdictOn(varied(8), '', unnamed), 'accepted')
  })

  it('the address changes nothing about what stands beside it', async () => {
    const own = fc.string({ unit: fc.constantFrom(...'qzwv019#'), minLength: 8, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(own, async (text) => {
        const [alone, beside] = [await verdictOn(text), await verdictOn(`${ada}${text}`)]
        assert.equal(alone === 'accepted', beside === 'accepted')
      }),
    )
  })
})

describe('a refusal', () => {
  for (const [reason, password, words] of [
    ['too_short', 'kx7wq', /at least 8 characters/],
    ['too_long', varied(257), /at most 256 characters/],
    ['not_unicode', `${varied(9)}\ud800`, /half of a character/],
    ['too_simple', 'abcdefgh', /a run such as 12345678: choose one without/],
    ['too_common', 'Dragon11', /the list of the 49,233 most common ones: choose one that nobody else/],
    [
      'contains_address',
      'example77',
      /parts of the e-mail address.*: choose one that has nothing to do with/,
    ],
    [
      'contains_context',
      'geldhaus7',
      /name and the host of this service.*: choose one that has nothing to do/,
    ],
  ] as const) {
    it(`says which rule and what to do, and never the password: ${reason}`, async () => {
      const refusal = await refusalOf(password)
      assert.deepEqual(refusal?.details.extra, { reason })
      assert.match(refusal?.details.detail ?? '', words)
      const said = JSON.stringify([refusal.message, refusal.details, refusal.cause ?? null])
      assert.ok(!said.toLowerCase().includes(password.toLowerCase()))
    })
  }

  it('is the only thing that any text can lead to', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(text, text, async (password, email) => void (await verdictOn(password, email))),
    )
  })
})

it('neither the list nor fetch is loaded before a password is checked', () => {
  const program = `
    const { createPasswordPolicy } = await import('./src/passwords/policy.ts')
    const policy = createPasswordPolicy({ productName: 'Acme', publicUrl: 'http://localhost', breached: true, fetch: fails })
    function fails() { throw new Error('away') }
    const loaded = () => [
      Object.keys(process.getBuiltinModule('node:module')._cache).some((path) => path.includes('zxcvbn')),
      process.moduleLoadList.some((name) => name.includes('undici')),
    ]
    const before = loaded()
    await policy.check('correct horse battery staple', { email: 'ada@example.test' })
    console.log(JSON.stringify([before, loaded()]))`
  const cwd = new URL('../..', import.meta.url)
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd,
    encoding: 'utf8',
  })
  assert.deepEqual(JSON.parse(output), [
    [false, false],
    [true, false],
  ])
})
