import type { Database } from './database.ts'

/** Rejects unless a row can be written and committed: a full disk and a read-only standby answer every read. */
export async function writeProbe(database: Database): Promise<void> {
  await database.atomically(async ({ run }) => {
    await run(`insert into singletons (name, value) values ('doctor', '') on conflict (name) do nothing`)
    await run(`delete from singletons where name = 'doctor'`)
  })
}

/** What the store takes for now, in milliseconds; `undefined` for the embedded one, which has the clock of this machine. */
export async function storeTime(database: Database): Promise<number | undefined> {
  if (database.engine === 'sqlite') return undefined
  const [row] = await database.read(
    'select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now',
  )
  return row?.now as number
}
