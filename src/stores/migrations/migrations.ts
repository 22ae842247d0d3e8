import { createHash } from 'node:crypto'
import type { Database, Transaction } from '../database.ts'
import { sql as gate } from './0001-the-gate.ts'
import { sql as accounts } from './0002-accounts.ts'
import { sql as tokens } from './0003-tokens.ts'

/** One text for both engines, or one each where a table changes in a way that only one of them knows. */
export type Migration = { id: string; sql: string | Record<Database['engine'], string> }

/** In order, never edited once released: a change is a new file (expand first, contract a release later). */
export const migrations: Migration[] = [
  { id: '0001-the-gate', sql: gate },
  { id: '0002-accounts', sql: accounts },
  { id: '0003-tokens', sql: tokens },
]

export type MigrationStatus = { id: string; state: 'applied' | 'pending' | 'unknown' }

/**
 * Brings the store to this version. Safe when two servers start at once (a lock) and when one is killed half-way (each
 * migration is one transaction with its own note in `schema_migrations`). A migration of a newer version is left alone, so
 * that an older server can run beside it.
 */
export async function migrate(database: Database, list: Migration[] = migrations): Promise<string[]> {
  const applied: string[] = []
  for (const migration of list) {
    const ran = await database.atomically((transaction) => applyOnce(database, transaction, migration), {
      deadlineMs: 120_000,
    })
    if (ran) applied.push(migration.id)
  }
  return applied
}

export async function migrationStatus(database: Database): Promise<MigrationStatus[]> {
  const noted = new Set(
    await database.atomically(async (transaction) => {
      await prepareTable(database, transaction)
      return (await transaction.run('select id from schema_migrations order by id')).map((row) =>
        String(row.id),
      )
    }),
  )
  const known = migrations.map(
    ({ id }): MigrationStatus => ({ id, state: noted.has(id) ? 'applied' : 'pending' }),
  )
  const unknown = [...noted].filter((id) => !migrations.some((migration) => migration.id === id))
  return [...known, ...unknown.map((id): MigrationStatus => ({ id, state: 'unknown' }))]
}

async function applyOnce(
  database: Database,
  transaction: Transaction,
  migration: Migration,
): Promise<boolean> {
  await prepareTable(database, transaction)
  const sql = typeof migration.sql === 'string' ? migration.sql : migration.sql[database.engine]
  const checksum = createHash('sha256').update(sql).digest('hex')
  const [noted] = await transaction.run('select checksum from schema_migrations where id = ?1', [
    migration.id,
  ])
  if (noted) {
    if (noted.checksum === checksum) return false
    throw new Error(
      `The store was migrated with another text of ${migration.id}. A released migration must not change: install the version that wrote it, or restore its file.`,
    )
  }
  await transaction.script(forEngine(database, sql))
  await transaction.run('insert into schema_migrations (id, checksum) values (?1, ?2)', [
    migration.id,
    checksum,
  ])
  return true
}

async function prepareTable(database: Database, transaction: Transaction): Promise<void> {
  if (database.engine === 'postgres') {
    // Released with the transaction; the number only has to be the same in every Sallyport.
    await transaction.script('set local statement_timeout = 0; select pg_advisory_xact_lock(7245671001)')
  }
  await transaction.script(
    'create table if not exists schema_migrations (id text primary key, checksum text not null)',
  )
}

/** The one place where the engines' words differ: an ever-growing number as key. */
function forEngine(database: Database, sql: string): string {
  const identity =
    database.engine === 'postgres'
      ? 'bigint generated always as identity primary key'
      : 'integer primary key autoincrement'
  return sql.replaceAll('{identity}', identity)
}
