/** A store of very many accounts, with a verified session each: written below the acts, which would take minutes. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createId, createSecret, hashSecret } from '../../src/utils/secret.ts'
import { type Account, accountNumber, openStore } from './population.ts'
import { cookieOf } from './secrets.ts'

export type Inhabitant = { account: Account; cookie: string }

const rowsPerTransaction = 20_000
const hourMs = 3_600_000

/** @returns `sample` of them, evenly spread, whose cookies are known */
export async function fillStore(
  directory: string,
  options: { accounts: number; sample: number; passwordHash: string },
): Promise<Inhabitant[]> {
  // Its tables come from the migrations, as a server makes them.
  await (await openStore({ kind: 'embedded', directory })).close()
  const database = new DatabaseSync(join(directory, 'sallyport.db'))
  database.exec('pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -1000000')
  const restoreIndexes = dropIndexes(database)
  const insert = prepareInserts(database, options.passwordHash)
  const every = Math.ceil(options.accounts / options.sample)
  const known: Inhabitant[] = []
  for (let index = 0; index < options.accounts; index++) {
    if (index % rowsPerTransaction === 0) database.exec(index === 0 ? 'begin' : 'commit; begin')
    const account = accountNumber(index)
    const secret = index % every === 0 ? createSecret() : undefined
    insert(account, secret)
    if (secret !== undefined) known.push({ account, cookie: cookieOf(secret) })
  }
  database.exec('commit')
  restoreIndexes()
  database.exec('pragma synchronous = full; pragma wal_checkpoint(truncate)')
  database.close()
  return known
}

/** An index that is made at the end is sorted once, instead of being searched for every row. */
function dropIndexes(database: DatabaseSync): () => void {
  const indexes = database
    .prepare(
      `select name, sql from sqlite_master
       where type = 'index' and sql is not null and tbl_name in ('accounts', 'sessions')`,
    )
    .all()
  for (const { name } of indexes) database.exec(`drop index ${name}`)
  return () => {
    for (const { sql } of indexes) database.exec(String(sql))
  }
}

function prepareInserts(database: DatabaseSync, passwordHash: string) {
  const account = database.prepare(
    'insert into accounts (id, email, password_hash, created_at) values (?1, ?2, ?3, ?4)',
  )
  const session = database.prepare(
    `insert into sessions (id, secret_hash, account_id, stage, flow_id, amr, auth_time, device, address, created_at,
       last_seen_at, idle_expires_at, expires_at)
     values (?1, ?2, ?3, 'verified', '7Q2M-K4XD', 'pwd otp', ?4, 'Firefox on Linux', '127.0.0.1', ?4, ?4, ?5, ?6)`,
  )
  const now = Date.now()
  return ({ id, email }: Account, secret: string | undefined) => {
    account.run(id, email, passwordHash, now)
    // Nobody comes with the sessions that are not in the sample: any hash does.
    const hash = secret === undefined ? randomText() : hashSecret(secret)
    session.run(createId('ses'), hash, id, now, now + 24 * hourMs, now + 48 * hourMs)
  }
}

let pool = Buffer.alloc(0)
let drawn = 0

/** 43 characters, as a hash has. */
function randomText(): string {
  if (drawn + 32 > pool.length) {
    pool = randomBytes(32_768)
    drawn = 0
  }
  drawn += 32
  return pool.toString('base64url', drawn - 32, drawn)
}
