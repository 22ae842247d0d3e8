import type { CodeTally } from '../utils/code-budget.ts'
import { accountChangesOver } from './account-changes.ts'
import type { Row, Run } from './database.ts'
import { noteSessionsOf } from './revocations.ts'

export type AccountRecord = {
  id: string
  email: string
  passwordHash: string
  createdAt: number
  disabledAt: number | null
  /** Of the mails that it gets: a BCP 47 tag. */
  language: string
  /** `null` until somebody has verified a code for the first time. */
  firstLoginAt: number | null
  /** The account's own claims in access tokens, as the JSON text of an object. */
  claims: string
  codeTally: CodeTally
}

export type NewAccount = {
  id: string
  email: string
  passwordHash: string
  /** `en` unless said. */
  language?: string
  now: number
}

/** Named one by one, so that a column that a newer version adds changes nothing for the statements of this one. */
const select = `select id, email, password_hash, created_at, disabled_at, language, first_login_at, claims, code_failures, code_lock_level, code_locked_until,
  code_year_ends_at, code_year_failures from accounts`

export type Accounts = ReturnType<typeof accountsOver>

export function accountsOver(run: Run) {
  const one = async (statement: string, values: (string | number)[]) => {
    const [row] = await run(statement, values)
    return row && toAccount(row)
  }
  return {
    ...accountChangesOver(run),

    find: (id: string) => one(`${select} where id = ?1`, [id]),

    findByEmail: (email: string) => one(`${select} where email = ?1`, [email]),

    /** Reads an account that can be used and keeps everybody else from changing it until the transaction ends. */
    hold: (id: string) => one(`${select} where id = ?1 and disabled_at is null for update`, [id]),

    /** As `hold`, for an operator: a disabled one too. */
    holdAny: (id: string) => one(`${select} where id = ?1 for update`, [id]),

    async list(options: { afterEmail: string; limit: number }): Promise<AccountRecord[]> {
      const rows = await run(`${select} where email > ?1 order by email limit ?2`, [
        options.afterEmail,
        options.limit,
      ])
      return rows.map(toAccount)
    },

    async exist(): Promise<boolean> {
      return (await run('select 1 as one from accounts limit 1')).length > 0
    },

    /** False when the address is taken. */
    async create(account: NewAccount): Promise<boolean> {
      const rows = await run(
        `insert into accounts (id, email, password_hash, language, created_at) values (?1, ?2, ?3, ?4, ?5)
         on conflict (email) do nothing returning id`,
        [account.id, account.email, account.passwordHash, account.language ?? 'en', account.now],
      )
      return rows.length === 1
    },

    /** Only while the hash is still the one that was verified: a password change in between wins. */
    async replaceHash(id: string, verifiedHash: string, newHash: string): Promise<boolean> {
      const rows = await run(
        'update accounts set password_hash = ?3 where id = ?1 and password_hash = ?2 returning id',
        [id, verifiedHash, newHash],
      )
      return rows.length === 1
    },

    async keepCodeTally(id: string, tally: CodeTally): Promise<void> {
      await run(
        `update accounts set code_failures = ?2, code_lock_level = ?3, code_locked_until = ?4,
           code_year_ends_at = ?5, code_year_failures = ?6 where id = ?1`,
        [id, tally.failures, tally.lockLevel, tally.lockedUntil, tally.yearEndsAt, tally.yearFailures],
      )
    },

    /** False when it was disabled already or does not exist. */
    async disable(id: string, now: number): Promise<boolean> {
      const rows = await run(
        'update accounts set disabled_at = ?2 where id = ?1 and disabled_at is null returning id',
        [id, now],
      )
      return rows.length === 1
    },

    async enable(id: string): Promise<boolean> {
      const rows = await run(
        'update accounts set disabled_at = null where id = ?1 and disabled_at is not null returning id',
        [id],
      )
      return rows.length === 1
    },

    /** Sessions and challenges go with it; which sessions tokens may still name stays known. Only in a transaction. */
    async remove(id: string, now: number): Promise<boolean> {
      // Held: a session that opens meanwhile would go unnoticed.
      await run('select id from accounts where id = ?1 for update', [id])
      await noteSessionsOf(run, id, now)
      return (await run('delete from accounts where id = ?1 returning id', [id])).length === 1
    },
  }
}

function toAccount(row: Row): AccountRecord {
  return {
    id: row.id as string,
    email: row.email as string,
    passwordHash: row.password_hash as string,
    createdAt: row.created_at as number,
    disabledAt: row.disabled_at as number | null,
    language: row.language as string,
    firstLoginAt: row.first_login_at as number | null,
    claims: row.claims as string,
    codeTally: toCodeTally(row),
  }
}

export function toCodeTally(row: Row): CodeTally {
  return {
    failures: row.code_failures as number,
    lockLevel: row.code_lock_level as number,
    lockedUntil: row.code_locked_until as number,
    yearEndsAt: row.code_year_ends_at as number,
    yearFailures: row.code_year_failures as number,
  }
}
