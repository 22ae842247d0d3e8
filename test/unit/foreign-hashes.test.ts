/** Hashes of other systems: outside vectors of each kind, and what is refused because it would cost too much or is damaged. */
import assert from 'node:assert/strict'
import { createHash, pbkdf2Sync, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { hash as argon2 } from '@node-rs/argon2'
import bcrypt from 'bcrypt'
import fc from 'fast-check'
import { writePbkdf2 } from '../../src/passwords/foreign-pbkdf2.ts'
import { writeFirebaseScrypt, writeScrypt } from '../../src/passwords/foreign-scrypt.ts'
import { djangoToStoredHash, toStoredHash } from '../../src/passwords/foreign-spellings.ts'
import { createPasswordHasher, findHashFault } from '../../src/passwords/hash.ts'

const hasher = createPasswordHasher({ memoryKiB: 8, passes: 1 })
const hex = (text: string) => Buffer.from(text, 'hex')
const base64 = (text: string) => Buffer.from(text, 'base64')

async function opensTo(stored: string, password: string): Promise<void> {
  assert.equal(await findHashFault(stored), undefined, stored)
  assert.deepEqual(await hasher.verify(stored, password), { matches: true, needsRehash: true })
  for (const other of [`${password} `, password.slice(1), password.toUpperCase(), '', stored]) {
    if (other === password) continue
    assert.deepEqual(await hasher.verify(stored, other), { matches: false, needsRehash: false }, other)
  }
}

async function opensToNothing(stored: string, fault: RegExp): Promise<void> {
  assert.match((await findHashFault(stored)) ?? 'no fault', fault, stored)
  for (const password of ['password', '', stored]) {
    assert.deepEqual(await hasher.verify(stored, password), { matches: false, needsRehash: false })
  }
}

describe('PBKDF2', () => {
  const vectors = [
    ['RFC 6070', 'sha1', 1, 'password', 'salt', '0c60c80f961f0e71f3a9b524af6012062fe037a6'],
    ['RFC 6070', 'sha1', 4096, 'password', 'salt', '4b007901b765489abead49d926f721d065a429c1'],
    ['RFC 6070', 'sha1', 4096, 'pass\0word', 'sa\0lt', '56fa6aa75548099dcc37d7f03425e0c3'],
    [
      'RFC 6070',
      'sha1',
      4096,
      'passwordPASSWORDpassword',
      'saltSALTsaltSALTsaltSALTsaltSALTsalt',
      '3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038',
    ],
    [
      'RFC 7914',
      'sha256',
      1,
      'passwd',
      'salt',
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    ],
    [
      'RFC 7914',
      'sha256',
      80_000,
      'Password',
      'NaCl',
      '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
    ],
  ] as const
  for (const [source, digest, iterations, password, salt, bytes] of vectors) {
    it(`${source}: ${digest}, ${iterations} iterations, ${bytes.length / 2} bytes`, () =>
      opensTo(writePbkdf2({ digest, iterations, salt: Buffer.from(salt), bytes: hex(bytes) }), password))
  }

  it('as passport-local-mongoose makes it: the letters of the salt, 512 bytes', async () => {
    const salt = randomBytes(32).toString('hex')
    for (const digest of ['sha1', 'sha256', 'sha512'] as const) {
      const bytes = pbkdf2Sync('correct horse', salt, 25_000, 512, digest)
      const stored = writePbkdf2({ digest, iterations: 25_000, salt: Buffer.from(salt), bytes })
      assert.equal((await hasher.verify(stored, 'correct horse')).matches, true)
      assert.equal((await hasher.verify(stored, 'correct mouse')).matches, false)
    }
  })

  it('as Auth0 writes it, with the length of the digest', () =>
    opensTo(
      toStoredHash(
        '$pbkdf2-sha256$i=1,l=64$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw',
      ),
      'passwd',
    ))
})

describe('scrypt', () => {
  const vectors = [
    [
      { ln: 10, r: 8, p: 16 },
      'password',
      'NaCl',
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    ],
    [
      { ln: 14, r: 8, p: 1 },
      'pleaseletmein',
      'SodiumChloride',
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    ],
  ] as const
  for (const [cost, password, salt, bytes] of vectors) {
    it(`RFC 7914: N=2^${cost.ln}, p=${cost.p}`, () =>
      opensTo(writeScrypt({ cost, salt: Buffer.from(salt), bytes: hex(bytes) }), password))
  }

  it('takes the strongest that OWASP lists', async () => {
    for (const [ln, p] of [
      [17, 1],
      [16, 2],
      [15, 3],
      [14, 5],
      [13, 10],
    ] as const) {
      const stored = writeScrypt({ cost: { ln, r: 8, p }, salt: randomBytes(16), bytes: randomBytes(32) })
      assert.equal(await findHashFault(stored), undefined)
    }
  })
})

describe("Firebase's scrypt", () => {
  /** Of https://github.com/firebase/scrypt. */
  const published = {
    cost: { ln: 14, r: 8, p: 1 },
    salt: base64('42xEC+ixf3L2lw=='),
    separator: base64('Bw=='),
    signerKey: base64(
      'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
    ),
    bytes: base64('lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='),
  }

  it('the published example', () => opensTo(writeFirebaseScrypt(published) as string, 'user1password'))

  it('is stored without the signer key of the project', () => {
    const stored = writeFirebaseScrypt(published) as string
    assert.match(stored, /^\$firebase-scrypt\$ln=14,r=8,p=1\$[\w+/]+\$[\w+/]{86}$/)
    for (const secret of [published.signerKey, published.bytes])
      assert.ok(!stored.includes(secret.toString('base64').slice(0, 20)))
  })

  it('as Supabase keeps it', () => {
    const { salt, separator, signerKey, bytes } = published
    const [s, ss, sk, h] = [salt, separator, signerKey, bytes].map((part) => part.toString('base64'))
    return opensTo(toStoredHash(`$fbscrypt$v=1,n=14,r=8,p=1,ss=${ss},sk=${sk}$${s}$${h}`), 'user1password')
  })

  it('is not written with a key of another length', () => {
    assert.equal(writeFirebaseScrypt({ ...published, signerKey: published.salt }), undefined)
  })
})

describe('bcrypt', () => {
  /** Of Openwall's crypt_blowfish. */
  const vectors = [
    ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
    ['$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK', 'U*U*'],
    ['$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
  ] as const
  for (const [stored, password] of vectors) {
    it(`${stored.slice(0, 4)}: ${password}`, async () => {
      assert.deepEqual(await hasher.verify(stored, password), { matches: true, needsRehash: true })
      assert.deepEqual(await hasher.verify(stored, `${password}*`), { matches: false, needsRehash: false })
      assert.equal((await hasher.verify(toStoredHash(stored), password)).matches, true)
    })
  }

  it('A-PW-01: sees 72 bytes, and the rehash then fixes the exact password that was given', async () => {
    const password = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
    const stored = '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui'
    const given = `${password}chars after 72 are ignored`
    assert.equal((await hasher.verify(stored, given)).matches, true)
    assert.equal((await hasher.verify(stored, password)).matches, true)
    assert.equal((await hasher.verify(stored, password.slice(1))).matches, false)
    const rehashed = await hasher.hash(given)
    assert.deepEqual(await hasher.verify(rehashed, given), { matches: true, needsRehash: false })
    assert.equal((await hasher.verify(rehashed, password)).matches, false)
  })

  it('does not end at a NUL', async () => {
    const stored = await bcrypt.hash('before', 4)
    assert.equal((await hasher.verify(stored, 'before\0after')).matches, false)
  })

  it('reads a salt whose last letter has bits without a meaning', async () => {
    const stored = '$2b$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
    assert.equal((await hasher.verify(stored, 'U*U')).matches, true)
  })
})

describe('argon2', () => {
  it('the reference: argon2i and argon2id', async () => {
    await opensTo(
      '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
      'password',
    )
    const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    await opensTo(stored, 'password')
  })

  it("argon2d, as node's own makes it", () =>
    opensTo('$argon2d$v=19$m=64,t=3,p=1$c29tZXNhbHQ$Td+flmEPdzlBmNgJjjSsA7TcTztt5/4XCpTtkPQg7CI', 'password'))
})

describe('Django', () => {
  /** Of its own tests. */
  const published = [
    ['pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=', 'lètmein'],
    [
      'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
      'lètmein',
    ],
    ['argon2$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw', 'secret'],
  ] as const
  for (const [text, password] of published) {
    it(text.slice(0, 24), () => opensTo(djangoToStoredHash(text), password))
  }

  it('argon2i', async () => {
    const stored = await argon2('correct horse', {
      algorithm: 1,
      memoryCost: 512,
      timeCost: 2,
      parallelism: 2,
    })
    await opensTo(djangoToStoredHash(`argon2${stored}`), 'correct horse')
  })

  it('pbkdf2_sha1', () => {
    const hash = pbkdf2Sync('correct horse', 'seasalt', 1_000, 20, 'sha1').toString('base64')
    return opensTo(djangoToStoredHash(`pbkdf2_sha1$1000$seasalt$${hash}`), 'correct horse')
  })

  it('bcrypt, and bcrypt_sha256, where all of a long password counts', async () => {
    await opensTo(djangoToStoredHash(`bcrypt$${await bcrypt.hash('correct horse', 4)}`), 'correct horse')
    const long = 'a'.repeat(80)
    const digest = createHash('sha256').update(long).digest('hex')
    const stored = djangoToStoredHash(`bcrypt_sha256$${await bcrypt.hash(digest, 4)}`)
    assert.match(stored, /^\$django-bcrypt-sha256\$2b\$04\$/)
    await opensTo(stored, long)
  })
})

describe('what is refused', () => {
  const salt = 'c2FsdHNhbHRzYWx0'
  const digest = 'A'.repeat(43).replace(/.$/, 'E')
  const letters = 'N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
  const costly = [
    `$scrypt$ln=30,r=8,p=1$${salt}$${digest}`,
    `$scrypt$ln=99,r=8,p=1$${salt}$${digest}`,
    `$scrypt$ln=14,r=999,p=999$${salt}$${digest}`,
    `$scrypt$ln=0,r=8,p=1$${salt}$${digest}`,
    `$firebase-scrypt$ln=25,r=8,p=1$${salt}$${digest}`,
    `$pbkdf2-sha256$i=9999999999$${salt}$${digest}`,
    `$2b$15$${letters}`,
    `$2b$99$${letters}`,
    `$2b$03$${letters}`,
    `$argon2id$v=19$m=4294967295,t=2,p=1$${salt}$${digest}`,
    `$argon2d$v=19$m=2097152,t=1,p=1$${salt}$${digest}`,
  ]
  for (const stored of costly) {
    it(`a cost that takes all time or memory: ${stored.slice(0, 36)}`, async () => {
      const startedAt = performance.now()
      await opensToNothing(stored, /cost out of bounds/)
      assert.ok(performance.now() - startedAt < 1_000)
    })
  }

  const unknown = [
    'correct horse',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    `$2x$10$${letters}`,
    `$2b$10$${letters.slice(1)}`,
    `$pbkdf2-md5$i=1$${salt}$${digest}`,
    `$pbkdf2-sha256$i=0$${salt}$${digest}`,
    `$pbkdf2-sha256$i=1$${salt}$AA`,
    `$pbkdf2-sha256$i=1$$${digest}`,
    `$pbkdf2-sha256$i=1$${salt}`,
    `$scrypt$ln=14,r=8$${salt}$${digest}`,
    `$scrypt$ln=14,r=8,p=1$${salt}$AAAAAAAAAAA`,
    `$scrypt$ln=14,r=8,p=1$${salt}=$${digest}`,
    djangoToStoredHash('md5$salt$5f4dcc3b5aa765d61d8327deb882cf99'),
    djangoToStoredHash('scrypt$16383$seasalt$8$1$AAAA'),
  ]
  for (const stored of unknown) {
    it(`no known kind, or damaged: ${stored.slice(0, 40)}`, () => opensToNothing(stored, /no known kind/))
  }

  it('never throws, and opens to nothing, whatever is damaged in a hash', async () => {
    const sound = [
      `$scrypt$ln=2,r=1,p=1$${salt}$${digest}`,
      `$pbkdf2-sha256$i=10$${salt}$${digest}`,
      `$firebase-scrypt$ln=2,r=1,p=1$${salt}$${digest}`,
      `$2b$04$${letters}`,
    ]
    const damaged = fc
      .tuple(fc.constantFrom(...sound), fc.nat(80), fc.string({ maxLength: 3 }))
      .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 1))
      // What stays below a tenth of a second, for the sake of this test.
      .filter((text) => !/(ln=\d\d|i=\d{5,}|^\$2.\$(0[6-9]|1))/.test(text))
    await fc.assert(
      fc.asyncProperty(damaged, async (text) => {
        assert.deepEqual(await hasher.verify(text, 'password'), { matches: false, needsRehash: false })
      }),
      { numRuns: 300 },
    )
  })

  it('half of a surrogate pair', async () => {
    const stored = await bcrypt.hash('half \ufffd of a pair', 4)
    assert.equal((await hasher.verify(stored, 'half \ud800 of a pair')).matches, false)
  })
})

describe('the queue', () => {
  it('A-DOS-05: foreign hashes stand in the same line', async () => {
    const narrow = createPasswordHasher({ memoryKiB: 8, passes: 1, parallel: 1, maxWaiting: 1 })
    const stored = await bcrypt.hash('correct horse', 6)
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, () => narrow.verify(stored, 'correct horse')),
    )
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
    )
  })

  it('leaves the event loop free', async () => {
    const scrypt = writeScrypt({
      cost: { ln: 16, r: 8, p: 1 },
      salt: randomBytes(16),
      bytes: randomBytes(32),
    })
    const pbkdf2 = writePbkdf2({
      digest: 'sha256',
      iterations: 500_000,
      salt: randomBytes(16),
      bytes: randomBytes(32),
    })
    let turns = 0
    const counting = setInterval(() => {
      turns += 1
    }, 1)
    for (const stored of [scrypt, pbkdf2, await bcrypt.hash('a', 10)]) await hasher.verify(stored, 'wrong')
    clearInterval(counting)
    assert.ok(turns >= 5, `${turns} turns`)
  })
})
