/** F-DEPLOY-02: a store is brought to this version once, whoever starts, stops or dies meanwhile. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../src/stores/database.ts'
import {
  type Migration,
  migrate,
  migrationStatus,
  migrations,
} from '../../src/stores/migrations/migrations.ts'
import { type DatabaseChoice, openDatabase } from '../../src/stores/stores.ts'
import { endWithThisProcess, exitOf } from '../support/child-processes.ts'
import { embedded, engines, memory } from '../support/engines.ts'

const all = migrations.map(({ id }) => id)
const stores = join(import.meta.dirname, '../../src/stores')

/** Statements that take some seconds, between two that would show. */
const slow: Record<Database['engine'], string> = {
  postgres: 'create table half (x int); select pg_sleep(3); create table whole (x int)',
  sqlite: `create table half (x int);
    insert into half with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000000) select i from n;
    create table whole (x int)`,
}

for (const engine of [...engines, memory]) {
  describe(`migrations, ${engine.name}`, { skip: engine.missing() }, () => {
    const openOne = async (t: { after(done: () => Promise<void>): void }) => {
      const opened = await engine.open()
      const database = openDatabase(opened.database, { sync: 'full', onFault: () => {} })
      t.after(async () => {
        await database.close()
        await opened.cleanUp()
      })
      return { database, choice: opened.database }
    }

    it('run once: a second time there is nothing to do', async (t) => {
      const { database } = await openOne(t)
      assert.deepEqual(
        (await migrationStatus(database)).map(({ state }) => state),
        all.map(() => 'pending'),
      )
      assert.deepEqual(await migrate(database), all)
      assert.deepEqual(await migrate(database), [])
      assert.deepEqual(
        await migrationStatus(database),
        all.map((id) => ({ id, state: 'applied' })),
      )
    })

    it('come in order, and a new one is added to those that are there', async (t) => {
      const { database } = await openOne(t)
      const first: Migration = { id: '0001-first', sql: 'create table first (x bigint)' }
      const second: Migration = { id: '0002-second', sql: 'insert into first (x) values (2)' }
      assert.deepEqual(await migrate(database, [first]), ['0001-first'])
      assert.deepEqual(await migrate(database, [first, second]), ['0002-second'])
      assert.equal((await database.read('select x from first'))[0]?.x, 2)
    })

    it('refuse a store that was migrated with another text of the same migration', async (t) => {
      const { database } = await openOne(t)
      await migrate(database, [{ id: '0001-first', sql: 'create table first (x bigint)' }])
      await assert.rejects(
        migrate(database, [{ id: '0001-first', sql: 'create table first (x bigint, y bigint)' }]),
        /migrated with another text of 0001-first/,
      )
    })

    it('leave a migration of a newer version alone', async (t) => {
      const { database } = await openOne(t)
      const newer: Migration = { id: '9999-newer', sql: 'create table newer (x bigint)' }
      await migrate(database, [...migrations, newer])
      assert.deepEqual(await migrate(database), [])
      assert.deepEqual((await migrationStatus(database)).at(-1), { id: '9999-newer', state: 'unknown' })
      assert.deepEqual(await database.read('select * from newer'), [])
    })

    it('leave nothing of one that fails, and what came before it stays', async (t) => {
      const { database } = await openOne(t)
      const good: Migration = { id: '0001-good', sql: 'create table good (x bigint)' }
      const bad: Migration = {
        id: '0002-bad',
        sql: 'create table bad (x bigint); insert into nowhere values (1)',
      }
      await assert.rejects(migrate(database, [good, bad]))
      await assert.rejects(database.read('select * from bad'))
      const mended: Migration = { id: '0002-bad', sql: 'create table bad (x bigint)' }
      assert.deepEqual(await migrate(database, [good, mended]), ['0002-bad'])
    })
  })
}

for (const engine of engines) {
  describe(`migrations by processes, ${engine.name}`, { skip: engine.missing() }, () => {
    it('run once when three servers start at once', async (t) => {
      const opened = await engine.open()
      t.after(opened.cleanUp)
      const migrators = [1, 2, 3].map(() => startMigrator(opened.database))
      const outputs = await Promise.all(migrators.map(outputOf))
      assert.deepEqual(outputs.sort(), [JSON.stringify(all), '[]', '[]'])
    })

    it('leave nothing when they are killed half-way, and run again', async (t) => {
      const opened = await engine.open()
      t.after(opened.cleanUp)
      const kind = engine === embedded ? 'sqlite' : 'postgres'
      const killed = startMigrator(opened.database, [{ id: '0001-slow', sql: slow[kind] }])
      await started(killed)
      await sleep(300)
      killed.kill('SIGKILL')
      assert.equal(await exitOf(killed), 'SIGKILL')

      const database = openDatabase(opened.database, { sync: 'full', onFault: () => {} })
      t.after(() => database.close())
      const quick: Migration = { id: '0001-slow', sql: 'create table half (x bigint)' }
      assert.deepEqual(await migrate(database, [quick]), ['0001-slow'])
      assert.deepEqual(await database.read('select * from half'), [])
      await assert.rejects(database.read('select * from whole'))
    })
  })
}

/** Another process that opens the store, says so, migrates it and prints what it applied. */
function startMigrator(choice: DatabaseChoice, list?: Migration[]): ChildProcess {
  const code = `
    import { openDatabase } from ${JSON.stringify(`${stores}/stores.ts`)}
    import { migrate } from ${JSON.stringify(`${stores}/migrations/migrations.ts`)}
    const database = openDatabase(${JSON.stringify(choice)}, { sync: 'full', onFault() {} })
    await database.read('select 1 as one')
    console.log('open')
    console.log(JSON.stringify(await migrate(database${list ? `, ${JSON.stringify(list)}` : ''})))
    await database.close()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  endWithThisProcess(child)
  return child
}

async function outputOf(child: ChildProcess): Promise<string> {
  const output = (await child.stdout?.toArray())?.join('') ?? ''
  return output.trim().split('\n').at(-1) ?? ''
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.stdout?.once('data', () => resolve()))
}
