/** The acts on accounts, on every engine. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { hashSecret } from '../../src/utils/secret.ts'
import { engines, memory, type OpenedEngine } from '../support/engines.ts'
import { openTestStores } from '../support/processes.ts'

type TestStores = Awaited<ReturnType<typeof openTestStores>>

for (const engine of [...engines, memory]) {
  describe(`accounts, ${engine.name}`, { skip: engine.missing() }, () => {
    let opened: OpenedEngine
    let stores: TestStores
    const create = (id: string, email = `${id}@example.test`) =>
      stores.atomically(({ accounts }) =>
        accounts.create({ id, email, passwordHash: `hash of ${id}`, now: 1_000 }),
      )
    const find = async (id: string) => {
      const account = await stores.read.accounts.find(id)
      assert.ok(account, `${id} is gone`)
      return account
    }

    before(async () => {
      opened = await engine.open()
      stores = await openTestStores(opened.database)
    })
    after(async () => {
      await stores.close()
      await opened.cleanUp()
    })

    it('are found by id and by address, and there are none before the first', async () => {
      assert.equal(await stores.read.accounts.exist(), false)
      assert.equal(await create('ada'), true)
      const ada = {
        id: 'ada',
        email: 'ada@example.test',
        passwordHash: 'hash of ada',
        createdAt: 1_000,
        disabledAt: null,
        language: 'en',
        firstLoginAt: null,
        claims: '{}',
        codeTally: { failures: 0, lockLevel: 0, lockedUntil: 0, yearEndsAt: 0, yearFailures: 0 },
      }
      assert.deepEqual(await stores.read.accounts.find('ada'), ada)
      assert.deepEqual(await stores.read.accounts.findByEmail('ada@example.test'), ada)
      assert.equal(await stores.read.accounts.findByEmail('bob@example.test'), undefined)
      assert.equal(await stores.read.accounts.exist(), true)
    })

    it('are created once for an address, of fifty at once', async () => {
      const created = await Promise.all(
        Array.from({ length: 50 }, (_, index) => create(`taken ${index}`, 'taken@example.test')),
      )
      assert.equal(created.filter(Boolean).length, 1)
    })

    it('keep what was counted of their codes', async () => {
      await create('counted')
      const tally = { failures: 3, lockLevel: 2, lockedUntil: 5_000, yearEndsAt: 9_000, yearFailures: 17 }
      await stores.atomically(({ accounts }) => accounts.keepCodeTally('counted', tally))
      assert.deepEqual((await find('counted')).codeTally, tally)
    })

    it('take a new hash only while the verified one is still theirs', async () => {
      await create('rehash')
      await stores.atomically(({ accounts }) => accounts.replaceHash('rehash', 'hash of rehash', 'stronger'))
      await stores.atomically(({ accounts }) => accounts.replaceHash('rehash', 'hash of rehash', 'too late'))
      assert.equal((await find('rehash')).passwordHash, 'stronger')
    })

    it('are disabled and enabled once, and not held while disabled', async () => {
      await create('disabled')
      const hold = () => stores.atomically(({ accounts }) => accounts.hold('disabled'))
      assert.equal((await hold())?.id, 'disabled')
      assert.equal(await stores.atomically(({ accounts }) => accounts.disable('disabled', 7)), true)
      assert.equal(await stores.atomically(({ accounts }) => accounts.disable('disabled', 8)), false)
      assert.equal((await find('disabled')).disabledAt, 7)
      assert.equal(await hold(), undefined)
      assert.equal(await stores.atomically(({ accounts }) => accounts.enable('disabled')), true)
      assert.equal(await stores.atomically(({ accounts }) => accounts.enable('disabled')), false)
      assert.equal((await hold())?.id, 'disabled')
      assert.equal(await stores.atomically(({ accounts }) => accounts.disable('nobody', 7)), false)
    })

    it('take their sessions and challenges with them', async () => {
      await create('removed')
      await stores.atomically(async ({ challenges, sessions }) => {
        await challenges.open({ id: 'chl', accountId: 'removed', now: 1, expiresAt: 9, attempts: 5 })
        await sessions.open({
          id: 'ses',
          secretHash: hashSecret('removed'),
          accountId: 'removed',
          stage: 'otp_pending',
          challengeId: 'chl',
          flowId: 'flow',
          amr: ['pwd'],
          authTime: 1,
          device: 'a test',
          address: '127.0.0.1',
          now: 1,
          idleExpiresAt: 9,
          expiresAt: 9,
        })
      })
      assert.equal(await stores.atomically(({ accounts }) => accounts.remove('removed', 10)), true)
      assert.equal(await stores.atomically(({ accounts }) => accounts.remove('removed', 10)), false)
      assert.equal(await stores.read.accounts.find('removed'), undefined)
      assert.equal(await stores.read.sessions.find('ses'), undefined)
      assert.equal(await stores.read.challenges.find('chl'), undefined)
    })

    it('are listed by address, page by page', async () => {
      for (const name of ['zoe', 'yan', 'xia']) await create(name, `${name}@list.test`)
      const first = await stores.read.accounts.list({ afterEmail: 'w', limit: 2 })
      assert.deepEqual(
        first.map(({ email }) => email),
        ['xia@list.test', 'yan@list.test'],
      )
      const second = await stores.read.accounts.list({ afterEmail: 'yan@list.test', limit: 2 })
      assert.deepEqual(
        second.map(({ email }) => email),
        ['zoe@list.test'],
      )
    })
  })
}
