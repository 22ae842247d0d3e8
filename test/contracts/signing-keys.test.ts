/** The acts on signing keys, on every engine: one key follows another (A-RACE-19), waits for its readers (F-KEY-01), and ends (F-KEY-02). */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { StoredSigningKey } from '../../src/stores/signing-keys.ts'
import { type Engine, engines, memory } from '../support/engines.ts'
import { openTestStores, tally } from '../support/processes.ts'

const minute = 60_000
const noteEveryMs = 30_000
/** What a published key waits for: `active_at - created_at`. */
const lead = 16 * minute
const madeAt = 100 * minute

for (const engine of [...engines, memory]) {
  describe(`signing keys, ${engine.name}`, { skip: engine.missing() }, () => {
    it('follow one another, once, of fifty that come at once', async (t) => {
      const { stores, add, kids } = await openKeyStore(t, engine)

      assert.deepEqual([await add(key('first', '', 10)), await add(key('also first', '', 10))], [true, false])
      assert.deepEqual(await stores.read.signingKeys.list(), [key('first', '', 10)])

      const added = await Promise.all(
        Array.from({ length: 50 }, (_, index) => add(key(`second ${index}`, 'first', 20))),
      )
      assert.equal(added.filter(Boolean).length, 1)
      const [, second = ''] = await kids()
      assert.match(second, /^second \d+$/)

      assert.equal(await add(key('third', second, 30)), true)
      assert.deepEqual(await kids(), ['first', second, 'third'])

      await stores.atomically(({ signingKeys }) => signingKeys.remove(['first', 'unknown']))
      assert.deepEqual(await kids(), [second, 'third'])
      assert.equal(await add(key('a second second', 'first', 20)), false)
    })

    describe('a published key', () => {
      const now = madeAt + 5_000
      const cases: [string, [id: string, newestKid: string, readAt: number][], boolean][] = [
        ['nobody has read a key', [], true],
        ['a known reader has it', [['reader-a', 'next', madeAt + 1_000]], true],
        ['the answer may still be on its way', [['reader-a', 'next', now - 999]], false],
        ['a known reader has a newer one', [['reader-a', 'after next', madeAt + 1_000]], true],
        ['a known reader has the one before', [['reader-a', 'first', madeAt - 1_000]], false],
        [
          'one of two known readers has it',
          [
            ['reader-a', 'next', madeAt + 1_000],
            ['reader-b', 'first', madeAt - lead + 10_000],
          ],
          false,
        ],
        ['a known reader has not come for longer', [['reader-a', 'first', now - lead - noteEveryMs]], true],
        ['it may have come until a moment ago', [['reader-a', 'first', now - lead - noteEveryMs + 1]], false],
        ['somebody without a name has read since', [['', 'next', madeAt + 1_000]], false],
        ['somebody without a name read before', [['', 'first', now - lead - noteEveryMs + 1]], false],
        ['that was long ago', [['', 'first', now - lead - noteEveryMs]], true],
        ['a reader has a key that is gone', [['reader-a', 'removed', now - 1]], false],
      ]
      for (const [when, readers, signs] of cases) {
        it(`${signs ? 'signs' : 'waits'} when ${when}`, async (t) => {
          const { stores, add } = await openKeyStore(t, engine)
          await add(key('first', '', minute))
          await add({ ...key('next', 'first', madeAt + lead), createdAt: madeAt })
          await add({ ...key('after next', 'next', madeAt + lead + 1), createdAt: madeAt })
          for (const [id, newestKid, readAt] of readers) {
            assert.ok(await stores.atomically(({ keyReaders }) => keyReaders.note({ id, newestKid, readAt })))
          }
          const activate = (kid: string) =>
            stores.atomically(({ signingKeys }) => signingKeys.activate(kid, now, noteEveryMs))

          // Another pending key stands before it: it has to wait for its turn.
          assert.equal(await activate('after next'), false)
          assert.equal(await activate('next'), signs)
          assert.equal(await activate('next'), false, 'it is active, or waits on')
          const [, next] = await stores.read.signingKeys.list()
          assert.equal(next?.activeAt, signs ? now : madeAt + lead)
        })
      }

      it('never signs once it was revoked', async (t) => {
        const { stores, add, revoke } = await openKeyStore(t, engine)
        await add(key('first', '', minute))
        await add({ ...key('next', 'first', madeAt + lead), createdAt: madeAt })
        assert.deepEqual(await revoke('next', now), { found: 'live', added: false })
        const activated = await stores.atomically(({ signingKeys }) =>
          signingKeys.activate('next', now, noteEveryMs),
        )
        assert.equal(activated, false)
      })
    })

    describe('a revocation', () => {
      it('adds a key in the place of the only one, once', async (t) => {
        const { stores, add, revoke } = await openKeyStore(t, engine)
        await add(key('first', '', minute))
        assert.deepEqual(await revoke('first', madeAt), { found: 'live', added: true })
        assert.deepEqual(await revoke('first', madeAt + 1), { found: 'revoked', added: false })
        assert.deepEqual(await revoke('unknown', madeAt), { found: 'nothing', added: false })
        const [first, second, ...more] = await stores.read.signingKeys.list()
        assert.deepEqual([first?.kid, first?.revokedAt], ['first', madeAt])
        assert.deepEqual([second?.follows, second?.activeAt, second?.revokedAt], ['first', minute + 1, null])
        assert.deepEqual(more, [])
      })

      it('lets the next key sign at once', async (t) => {
        const { stores, add, revoke } = await openKeyStore(t, engine)
        await add(key('first', '', minute))
        await add({ ...key('next', 'first', madeAt + lead), createdAt: madeAt })
        assert.deepEqual(await revoke('first', madeAt), { found: 'live', added: false })
        const [, next] = await stores.read.signingKeys.list()
        assert.deepEqual([next?.kid, next?.activeAt], ['next', minute + 1])
      })

      it('of a key that signs no more, or not yet, leaves the signing alone', async (t) => {
        const { stores, add, revoke } = await openKeyStore(t, engine)
        await add(key('first', '', minute))
        await add(key('second', 'first', 2 * minute))
        await add({ ...key('next', 'second', madeAt + lead), createdAt: madeAt })
        assert.deepEqual(await revoke('next', madeAt), { found: 'live', added: false })
        assert.deepEqual(await revoke('first', madeAt), { found: 'live', added: false })
        const [, second] = await stores.read.signingKeys.list()
        assert.deepEqual([second?.activeAt, second?.revokedAt], [2 * minute, null])
        assert.equal((await stores.read.signingKeys.list()).length, 3)
      })

      it('A-RACE-19: against 200 rotations, activations and other revocations leaves one key that signs', async (t) => {
        const { stores, add, revoke, kids } = await openKeyStore(t, engine)
        await add(key('key 0', '', minute))
        for (let round = 0; round < 5; round++) {
          const before = await stores.read.signingKeys.list()
          const end = before.find(({ kid }) => !before.some(({ follows }) => follows === kid))?.kid ?? ''
          const live = before.filter(({ revokedAt }) => revokedAt === null).map(({ kid }) => kid)
          const at = madeAt + round
          const acts = Array.from({ length: 200 }, (_, index): Promise<string> => {
            const name = `key ${round}.${index}`
            if (index % 4 === 0) return add({ ...key(name, end, at + lead), createdAt: at }).then(String)
            if (index % 4 === 1) {
              return stores
                .atomically(({ signingKeys }) => signingKeys.activate(live.at(-1) ?? '', at, noteEveryMs))
                .then(() => 'asked')
            }
            return revoke(live[index % live.length] ?? '', at, `spare ${round}.${index}`).then(
              ({ found }) => `revoked a ${found} one`,
            )
          })
          const outcomes = tally(await Promise.all(acts))

          assert.equal(outcomes['revoked a live one'], live.length)
          const after = await stores.read.signingKeys.list()
          const good = after.filter(({ revokedAt }) => revokedAt === null)
          assert.ok(good.some(({ activeAt }) => activeAt <= at))
          assert.equal(new Set(after.map(({ follows }) => follows)).size, after.length)
          for (const kid of live) assert.ok(!good.some((each) => each.kid === kid))
        }
        assert.ok((await kids()).length > 5)
      })
    })

    describe('the readers of keys', () => {
      it('are noted with the newest key that they have, and never as having read earlier', async (t) => {
        const { stores, note } = await openKeyStore(t, engine)
        await note('reader-a', 'first', 500)
        await note('reader-a', 'second', 400)
        assert.deepEqual(await stores.read.keyReaders.find('reader-a'), {
          id: 'reader-a',
          newestKid: 'second',
          readAt: 500,
        })
        assert.equal(await stores.read.keyReaders.find('reader-b'), undefined)
      })

      it('are a thousand at most; those that are known go on, and so does the one without a name', async (t) => {
        const { note } = await openKeyStore(t, engine)
        for (let index = 0; index < 1_000; index++) assert.ok(await note(`reader ${index}`, 'first', 1))
        assert.equal(await note('one more', 'first', 1), false)
        assert.equal(await note('reader 7', 'second', 2), true)
        assert.equal(await note('', 'first', 1), true)
      })

      it('are forgotten by age', async (t) => {
        const { stores, note } = await openKeyStore(t, engine)
        await note('old', 'first', 10)
        await note('new', 'first', 20)
        assert.equal(await stores.atomically(({ keyReaders }) => keyReaders.purge(20, 500)), 1)
        assert.equal(await stores.read.keyReaders.find('old'), undefined)
        assert.ok(await stores.read.keyReaders.find('new'))
      })

      it('are assumed where keys are from before anybody was noted', async (t) => {
        const { stores, add, note } = await openKeyStore(t, engine)
        const assume = () =>
          stores.atomically(({ keyReaders }) => keyReaders.assumeRead(madeAt, madeAt - minute))
        const nameless = () => stores.read.keyReaders.find('')
        await assume()
        assert.equal(await nameless(), undefined, 'no key yet')
        await add({ ...key('first', '', madeAt), createdAt: madeAt - minute })
        await assume()
        assert.equal(await nameless(), undefined, 'a key of this start')
        await add({ ...key('second', 'first', madeAt), createdAt: madeAt - minute - 1 })
        await note('reader-a', 'first', 1)
        await assume()
        assert.equal(await nameless(), undefined, 'readers are noted here')
        await stores.atomically(({ keyReaders }) => keyReaders.purge(2, 500))
        await assume()
        assert.equal((await nameless())?.readAt, madeAt)
      })
    })
  })
}

async function openKeyStore(t: TestContext, engine: Engine) {
  const opened = await engine.open()
  const stores = await openTestStores(opened.database)
  t.after(async () => {
    await stores.close()
    await opened.cleanUp()
  })
  return {
    stores,
    add: (record: StoredSigningKey) => stores.atomically(({ signingKeys }) => signingKeys.add(record)),
    revoke: (kid: string, at: number, spare = `spare for ${kid}`) =>
      stores.atomically(({ signingKeys }) => signingKeys.revoke(kid, at, key(spare, '', at))),
    note: (id: string, newestKid: string, readAt: number) =>
      stores.atomically(({ keyReaders }) => keyReaders.note({ id, newestKid, readAt })),
    kids: async () => (await stores.read.signingKeys.list()).map(({ kid }) => kid),
  }
}

function key(kid: string, follows: string, activeAt: number): StoredSigningKey {
  return {
    kid,
    algorithm: 'ES256',
    publicJwk: '{"kty":"EC"}',
    sealedPrivateJwk: 'sealed',
    createdAt: 5,
    activeAt,
    follows,
    revokedAt: null,
  }
}
