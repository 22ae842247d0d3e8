import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { hash as argon2 } from '@node-rs/argon2'
import fc from 'fast-check'
import { createPasswordHasher } from '../../src/passwords/hash.ts'
import { checkPasswordLength } from '../../src/passwords/policy.ts'
import { createWorkQueue } from '../../src/passwords/work-queue.ts'
import { Problem } from '../../src/problems/problem.ts'

/** As cheap as argon2 gets, for what is not about cost. */
const cheap = { memoryKiB: 8, passes: 1 }
const halfOfAPair = 'half \ud800 of a pair'

describe('hashing', () => {
  it('D12: is argon2id with 19 MiB, two passes and one lane', async () => {
    const stored = await createPasswordHasher().hash('correct horse')
    assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  })

  it('has a fresh salt each time', async () => {
    const hasher = createPasswordHasher(cheap)
    assert.notEqual(await hasher.hash('correct horse'), await hasher.hash('correct horse'))
  })

  const passwords: [string, string][] = [
    ['A-PW-01: 72 bytes are not the end', `${'a'.repeat(72)}12345678`],
    ['A-PW-03: case', 'Password with Case'],
    ['A-PW-03: a trailing space', 'password with space '],
    ['A-PW-03: composed', 'caf\u00e9 caf\u00e9'],
    ['A-PW-03: decomposed', 'cafe\u0301 cafe\u0301'],
    ['a NUL inside', 'before\0after'],
    ['6.2.9: 256 emoji', '\u{1f511}'.repeat(256)],
  ]
  for (const [name, password] of passwords) {
    it(`6.2.8: only the exact bytes match: ${name}`, async () => {
      const hasher = createPasswordHasher(cheap)
      const stored = await hasher.hash(password)
      assert.deepEqual(await hasher.verify(stored, password), { matches: true, needsRehash: false })
      const near = [
        password.trim(),
        password.toLowerCase(),
        password.normalize('NFC'),
        password.normalize('NFD'),
      ]
      const cut = [password.slice(0, 72), password.slice(0, -1), password.split('\0')[0], `${password} `, '']
      for (const other of [...near, ...cut] as string[]) {
        if (other === password) continue
        assert.deepEqual(await hasher.verify(stored, other), { matches: false, needsRehash: false })
      }
    })
  }

  it('half of a surrogate pair matches nothing, not even U+FFFD', async () => {
    const hasher = createPasswordHasher(cheap)
    const stored = await hasher.hash('half \ufffd of a pair')
    assert.deepEqual(await hasher.verify(stored, halfOfAPair), { matches: false, needsRehash: false })
  })

  it('11.2.2: asks for a rehash when the stored parameters are below ours, and only of the owner', async () => {
    const hasher = createPasswordHasher({ memoryKiB: 64, passes: 2 })
    const stored = (options: object) => argon2('secret password', { memoryCost: 64, timeCost: 2, ...options })
    const needsRehash = async (options: object) =>
      (await hasher.verify(await stored(options), 'secret password')).needsRehash
    assert.equal(await needsRehash({}), false)
    assert.equal(await needsRehash({ memoryCost: 128, timeCost: 3 }), false)
    assert.equal(await needsRehash({ memoryCost: 63 }), true)
    assert.equal(await needsRehash({ timeCost: 1 }), true)
    assert.equal(await needsRehash({ algorithm: 1 }), true)
    assert.equal(await needsRehash({ version: 0 }), true)
    const weak = await stored({ memoryCost: 32 })
    assert.deepEqual(await hasher.verify(weak, 'wrong password'), { matches: false, needsRehash: false })
  })
})

describe('a hash that can not be read', () => {
  const parts = ['', 'argon2id', 'v=19', 'm=19456,t=2,p=1', 'c2FsdHNhbHRzYWx0c2FsdA', 'A'.repeat(43)]
  const withPart = (index: number, text: string) => parts.with(index, text).join('$')
  const corrupt = {
    empty: '',
    'plain text': 'correct horse',
    'another kind': '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    'cut short': parts.join('$').slice(0, -3),
    'no salt': withPart(4, ''),
    'unknown version': withPart(2, 'v=18'),
    'endless memory': withPart(3, 'm=4294967295,t=2,p=1'),
    'endless passes': withPart(3, 'm=19456,t=4294967295,p=1'),
    'no memory': withPart(3, 'm=0,t=2,p=1'),
  }
  for (const [name, stored] of Object.entries(corrupt)) {
    it(`matches nothing and never throws: ${name}`, async () => {
      const hasher = createPasswordHasher(cheap)
      for (const password of ['correct horse', '', stored]) {
        assert.deepEqual(await hasher.verify(stored, password), { matches: false, needsRehash: false })
      }
    })
  }

  it('matches nothing and never throws: any text, any damaged salt or digest', async () => {
    const hasher = createPasswordHasher(cheap)
    const stored = await hasher.hash('correct horse')
    const salt = stored.indexOf('p=1$') + 4
    const damaged = fc
      .tuple(fc.integer({ min: salt, max: stored.length - 1 }), fc.string({ maxLength: 2 }))
      .map(([at, text]) => stored.slice(0, at) + text + stored.slice(at + 1))
      .filter((text) => text !== stored)
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, fc.string({ unit: 'binary' })), async (text) => {
        const verdict = await hasher.verify(text, 'correct horse')
        assert.deepEqual(verdict, { matches: false, needsRehash: false })
      }),
      { numRuns: 500 },
    )
  })

  it('A-ENUM-01: costs what a real one costs, like an unknown account', async () => {
    const hasher = createPasswordHasher()
    const stored = await hasher.hash('correct horse')
    const fastest = async (work: () => Promise<unknown>) => {
      let best = Number.POSITIVE_INFINITY
      for (let run = 0; run < 15; run += 1) {
        const startedAt = performance.now()
        await work()
        best = Math.min(best, performance.now() - startedAt)
      }
      return best
    }
    const real = await fastest(() => hasher.verify(stored, 'wrong horse'))
    for (const other of [
      () => hasher.verifyNothing('wrong horse'),
      () => hasher.verify('corrupt', 'wrong horse'),
      () => hasher.verify(stored, halfOfAPair),
    ]) {
      const ratio = (await fastest(other)) / real
      assert.ok(ratio > 0.25 && ratio < 4, `ratio ${ratio}`)
    }
  })
})

describe('the queue', () => {
  const gate = () => Promise.withResolvers<void>()
  const settled = () => new Promise((resolve) => setImmediate(resolve))

  it('works on a few at once and lets the others in by turn', async () => {
    const queue = createWorkQueue({ parallel: 2, maxWaiting: 10 })
    const gates = Array.from({ length: 5 }, gate)
    const started: number[] = []
    const runs = gates.map(({ promise }, index) =>
      queue.run(async () => {
        started.push(index)
        await promise
      }),
    )
    await settled()
    assert.deepEqual(started, [0, 1])
    for (const [index, { resolve }] of gates.entries()) {
      resolve()
      await settled()
      assert.deepEqual(started, [0, 1, 2, 3, 4].slice(0, index + 3))
    }
    await Promise.all(runs)
  })

  it('D13: refuses at once when the line is full, and serves again when it has moved', async () => {
    const queue = createWorkQueue({ parallel: 1, maxWaiting: 1 })
    const { promise, resolve } = gate()
    const served = [queue.run(() => promise), queue.run(async () => {})]
    await assert.rejects(
      queue.run(async () => {}),
      (error) => {
        assert.ok(error instanceof Problem)
        assert.equal(error.code, 'service_unavailable')
        assert.equal(error.details.retryAfterSeconds, 1)
        return true
      },
    )
    resolve()
    await Promise.all(served)
    assert.equal(await queue.run(async () => 'served'), 'served')
  })

  it('D13: works for nobody who has waited for too long', async (t) => {
    let now = 0
    t.mock.method(performance, 'now', () => now)
    const queue = createWorkQueue({ parallel: 1, maxWaiting: 5 })
    const { promise, resolve } = gate()
    const first = queue.run(() => promise)
    const worked: string[] = []
    const late = queue.run(async () => void worked.push('late'))
    now = 3_600
    const inTime = queue.run(async () => void worked.push('in time'))
    resolve()

    await assert.rejects(late, (error) => error instanceof Problem && error.code === 'service_unavailable')
    await Promise.all([first, inTime])
    assert.deepEqual(worked, ['in time'])
  })

  it('a failure gives its place back and reaches only its own caller', async () => {
    const queue = createWorkQueue({ parallel: 1, maxWaiting: 5 })
    const failing = queue.run(async () => {
      throw new Error('broken')
    })
    const next = queue.run(async () => 'served')
    await assert.rejects(failing, /broken/)
    assert.equal(await next, 'served')
  })

  it('A-DOS-05: every method of the hasher stands in one line', async () => {
    const hasher = createPasswordHasher({ ...cheap, parallel: 1, maxWaiting: 2 })
    const stored = await hasher.hash('correct horse')
    const results = await Promise.allSettled([
      hasher.hash('a'),
      hasher.verify(stored, 'correct horse'),
      hasher.verifyNothing('b'),
      hasher.verify('corrupt', 'c'),
      hasher.verifyNothing('d'),
      hasher.hash('e'),
    ])
    const statuses = results.map(({ status }) => status)
    assert.deepEqual(statuses, ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'])
  })

  it('keeps the event loop free while it hashes', async () => {
    const hasher = createPasswordHasher()
    const hashing = Promise.all(Array.from({ length: 8 }, () => hasher.hash(randomBytes(8).toString('hex'))))
    let turns = 0
    const counting = setInterval(() => {
      turns += 1
    }, 1)
    await hashing
    clearInterval(counting)
    assert.ok(turns >= 5, `${turns} turns`)
  })
})

describe('the policy', () => {
  const reasonOf = (password: string): unknown => {
    try {
      checkPasswordLength(password)
      return 'accepted'
    } catch (error) {
      assert.ok(error instanceof Problem)
      assert.equal(error.code, 'password_rejected')
      return error.details.extra?.reason
    }
  }

  it('6.2.1, 6.2.9: takes 8 to 256 characters, counted as code points', () => {
    const key = '\u{1f511}'
    for (const [password, expected] of [
      ['', 'too_short'],
      ['1234567', 'too_short'],
      ['12345678', 'accepted'],
      ['        ', 'accepted'],
      [key.repeat(7), 'too_short'],
      [key.repeat(8), 'accepted'],
      ['a'.repeat(64), 'accepted'],
      ['a'.repeat(256), 'accepted'],
      ['a'.repeat(257), 'too_long'],
      [key.repeat(256), 'accepted'],
      [key.repeat(257), 'too_long'],
      [`${key.repeat(256)}a`, 'too_long'],
    ] as const) {
      assert.equal(reasonOf(password), expected)
    }
  })

  it('refuses what has no exact bytes', () => {
    assert.equal(reasonOf(halfOfAPair), 'not_unicode')
    assert.equal(reasonOf(`${'a'.repeat(10)}\udc00`), 'not_unicode')
  })

  it('A-PW-05: refuses ten million characters without counting them', () => {
    const password = '\u{1f511}'.repeat(5_000_000)
    const startedAt = performance.now()
    assert.equal(reasonOf(password), 'too_long')
    assert.ok(performance.now() - startedAt < 50)
  })
})
