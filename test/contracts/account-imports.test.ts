/** Accounts by the hundred, on every engine. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { foreseeImport, importAccounts } from '../../src/flow/import-accounts.ts'
import type { ImportedAccount } from '../../src/stores/account-imports.ts'
import { engines, memory, type OpenedEngine } from '../support/engines.ts'
import { openTestStores } from '../support/processes.ts'

type TestStores = Awaited<ReturnType<typeof openTestStores>>

for (const engine of [...engines, memory]) {
  describe(`imports of accounts, ${engine.name}`, { skip: engine.missing() }, () => {
    let opened: OpenedEngine
    let stores: TestStores
    const account = (id: string, email = `${id}@example.test`): ImportedAccount => ({
      id,
      email,
      passwordHash: `hash of ${id}`,
      createdAt: 1_000,
      disabledAt: null,
      claims: '{}',
    })
    const many = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => account(`${prefix}-${index}`))
    const importAll = (accounts: ImportedAccount[]) =>
      importAccounts(
        { stores, clock: { now: () => 2_000 }, events: { on: () => {}, emit: () => {} } },
        accounts,
      )

    before(async () => {
      opened = await engine.open()
      stores = await openTestStores(opened.database)
    })
    after(async () => {
      await stores.close()
      await opened.cleanUp()
    })

    for (const count of [1, 99, 100, 101, 250]) {
      it(`creates ${count} at once, and finds them the second time`, async () => {
        const accounts = many(`of-${count}`, count)
        assert.deepEqual(await foreseeImport(stores.read, accounts), await importAll(accounts))
        const again = accounts.map(({ id, email }) => account(`other-${id}`, email))
        const existing = accounts.map(({ id }) => ({ outcome: 'exists', id }))
        assert.deepEqual(await foreseeImport(stores.read, again), existing)
        assert.deepEqual(await importAll(again), existing)
      })
    }

    it('carries what it is given, and leaves what exists as it is', async () => {
      const left = { ...account('left'), createdAt: 5, disabledAt: 7, claims: '{"role":"admin"}' }
      await importAll([left])
      await importAll([{ ...left, id: 'someone', passwordHash: 'another', disabledAt: null }])
      const found = await stores.read.accounts.find('left')
      assert.deepEqual(
        [found?.email, found?.passwordHash, found?.createdAt, found?.disabledAt, found?.claims],
        ['left@example.test', 'hash of left', 5, 7, '{"role":"admin"}'],
      )
    })

    it('creates the first of two with one address, or one id', async () => {
      const outcomes = await importAll([
        account('twin', 'twin@example.test'),
        account('twin', 'twin@example.test'),
        account('other', 'twin@example.test'),
        account('twin', 'third@example.test'),
      ])
      assert.deepEqual(outcomes, [
        { outcome: 'imported', id: 'twin' },
        { outcome: 'exists', id: 'twin' },
        { outcome: 'exists', id: 'twin' },
        { outcome: 'id_taken', id: 'twin' },
      ])
    })

    it('of two imports of the same accounts at once each account is created once', async () => {
      const one = many('race', 150)
      const other = one.map(({ id, email }) => account(`race-other-${id}`, email)).reverse()
      const outcomes = (await Promise.all([importAll(one), importAll(other)])).flat()
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'imported').length, 150)
    })
  })
}
