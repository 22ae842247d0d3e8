/** F-DEPLOY-02: a store is brought to this version once, whoever starts, stops or dies meanwhile. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Row, Value } from '../../src/stores/database.ts'
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
      // Each is a transaction of its own, so one server may run the first and another the second.
      const applied = outputs.flatMap((output) => JSON.parse(output) as string[])
      assert.deepEqual(applied.sort(), all)
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

for (const engine of engines) {
  describe(`migration to accounts that begin by themselves, ${engine.name}`, {
    skip: engine.missing(),
  }, () => {
    const openOld = async (t: { after(done: () => Promise<void>): void }) => {
      const opened = await engine.open()
      const database = openDatabase(opened.database, { sync: 'full', onFault: () => {} })
      t.after(async () => {
        await database.close()
        await opened.cleanUp()
      })
      await migrate(database, migrations.slice(0, 1))
      await database.atomically(async ({ run }) => {
        await run(insertOf('accounts', oldAccount), Object.values(oldAccount))
        for (const session of oldSessions) await run(insertOf('sessions', session), Object.values(session))
        await run(insertOf('challenges', oldChallenge), Object.values(oldChallenge))
      })
      assert.deepEqual(await migrate(database), all.slice(1))
      return database
    }

    it('takes what had an account for one that has logged in: its owner is told of a new browser', async (t) => {
      const database = await openOld(t)
      const added = { first_login_at: oldAccount.created_at, claims: '{}', language: 'en' }
      assert.deepEqual(await rowsOf(database, 'accounts', { ...oldAccount, ...added }), [
        { ...oldAccount, ...added },
      ])
    })

    it('keeps every session and challenge as it was, each of a login', async (t) => {
      const database = await openOld(t)
      for (const session of oldSessions) {
        const expected = { ...session, challenge_purpose: 'login', device_id: null }
        assert.deepEqual(await rowsOf(database, 'sessions', expected), [expected])
      }
      const challenge = { ...oldChallenge, purpose: 'login', email: null, details: '{}' }
      assert.deepEqual(await rowsOf(database, 'challenges', challenge), [challenge])
      const [counted] = await database.read('select count(*) as sessions from sessions')
      assert.equal(counted?.sessions, oldSessions.length)
    })

    it('still ends them with their account, and still has one session for a secret', async (t) => {
      const database = await openOld(t)
      const twin = { ...oldSession, id: 'ses_3', refresh_family: null }
      await assert.rejects(
        database.atomically(({ run }) => run(insertOf('sessions', twin), Object.values(twin))),
      )
      await database.atomically(({ run }) => run('delete from accounts where id = ?1', [oldAccount.id]))
      assert.deepEqual(await database.read('select id from sessions'), [])
      assert.deepEqual(await database.read('select id from challenges'), [])
    })

    it('lets a session and a challenge be without an account', async (t) => {
      const database = await openOld(t)
      const session = {
        ...oldSession,
        id: 'ses_3',
        secret_hash: 'a third digest',
        account_id: null,
        refresh_family: null,
      }
      const challenge = { ...oldChallenge, id: 'chl_2', account_id: null, purpose: 'registration' }
      await database.atomically(async ({ run }) => {
        await run(insertOf('sessions', session), Object.values(session))
        await run(insertOf('challenges', challenge), Object.values(challenge))
      })
      assert.deepEqual(await rowsOf(database, 'sessions', session), [session])
      assert.deepEqual(await rowsOf(database, 'challenges', challenge), [challenge])
    })
  })
}

/** As a store of the first version holds them. */
const oldAccount = {
  id: 'acc_1',
  email: 'ada@example.test',
  password_hash: 'a hash',
  created_at: 1_767_225_600_000,
  disabled_at: null,
  code_failures: 1,
  code_lock_level: 2,
  code_locked_until: 1_767_225_700_000,
  code_year_ends_at: 1_798_761_600_000,
  code_year_failures: 11,
}

const oldSession = {
  id: 'ses_1',
  secret_hash: 'a digest',
  account_id: 'acc_1',
  stage: 'verified',
  challenge_id: null,
  flow_id: 'ABCD-EFGH',
  amr: 'pwd otp',
  auth_time: 1_767_225_610_000,
  device: 'Firefox on Linux',
  address: '203.0.113.9',
  created_at: 1_767_225_610_000,
  last_seen_at: 1_767_225_620_000,
  idle_expires_at: 1_767_312_000_000,
  expires_at: 1_767_830_400_000,
  ended_at: null,
  ended_because: null,
  data: '{"basket":[1,2]}',
  data_saved_at: 1_767_225_630_000,
  refresh_family: 'a family',
  refresh_generation: 7,
  refresh_rotated_at: 1_767_225_640_000,
  refresh_expires_at: 1_769_817_600_000,
}

const oldSessions: Record<string, Value>[] = [
  oldSession,
  {
    ...oldSession,
    id: 'ses_2',
    secret_hash: 'another digest',
    stage: 'otp_pending',
    challenge_id: 'chl_1',
    amr: 'pwd',
    ended_at: 1_767_225_650_000,
    ended_because: 'replaced',
    data: '{}',
    refresh_family: null,
  },
]

const oldChallenge = {
  id: 'chl_1',
  account_id: 'acc_1',
  created_at: 1_767_225_600_000,
  expires_at: 1_767_226_200_000,
  sent_at: 1_767_225_605_000,
  attempts_left: 3,
  consumed_at: null,
}

function insertOf(table: string, row: object): string {
  const names = Object.keys(row)
  return `insert into ${table} (${names.join(', ')}) values (${names.map((_, index) => `?${index + 1}`).join(', ')})`
}

/** The columns of `row` of the rows that have its id. */
async function rowsOf(database: Database, table: string, row: Record<string, Value>): Promise<Row[]> {
  const rows = await database.read(`select ${Object.keys(row).join(', ')} from ${table} where id = ?1`, [
    row.id ?? null,
  ])
  return rows.map((each) => ({ ...each }))
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
