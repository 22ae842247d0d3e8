import type { CodeTally } from '../utils/code-budget.ts'
import type { MailTally } from '../utils/mail-budget.ts'
import type { PasswordTally } from '../utils/password-budget.ts'
import { toCodeTally } from './accounts.ts'
import type { Row, Run } from './database.ts'

/** What strangers have used up of an address, whether it has an account or not: so no budget tells which it is. */
export type AddressBudget = {
  codes: CodeTally
  passwords: PasswordTally
  mails: MailTally
  /** ms; browsers that logged in before this are strangers again. */
  knownSince: number
}

const columns = `code_failures, code_lock_level, code_locked_until, code_year_ends_at, code_year_failures,
  password_failures, password_next_at, known_failures, known_since, mail_window_ends_at, mails_in_window, mail_hour_ends_at, mails_in_hour`

const counts = [
  'code_failures',
  'code_lock_level',
  'code_locked_until',
  'code_year_ends_at',
  'code_year_failures',
  'password_failures',
  'password_next_at',
  'known_failures',
  'mails_in_window',
  'mails_in_hour',
]
const nothingUsedUp = counts.map((count) => `${count} = 0`).join(', ')
const somethingUsedUp = counts.map((count) => `${count} <> 0`).join(' or ')

export type AddressBudgets = ReturnType<typeof addressBudgetsOver>

export function addressBudgetsOver(run: Run) {
  return {
    /** Keeps everybody else from charging it until the transaction ends; there is always one. */
    async hold(email: string, now: number): Promise<AddressBudget> {
      await run(
        'insert into address_budgets (email, updated_at) values (?1, ?2) on conflict (email) do nothing',
        [email, now],
      )
      const [row] = await run(`select ${columns} from address_budgets where email = ?1 for update`, [email])
      return toBudget(row as Row)
    },

    /** Whether its codes are locked, without holding it. */
    async areCodesLocked(email: string, now: number): Promise<boolean> {
      const rows = await run(
        'select 1 as one from address_budgets where email = ?1 and code_locked_until > ?2',
        [email, now],
      )
      return rows.length > 0
    },

    async keepCodes(email: string, codes: CodeTally, now: number): Promise<void> {
      await run(
        `update address_budgets set code_failures = ?2, code_lock_level = ?3, code_locked_until = ?4,
           code_year_ends_at = ?5, code_year_failures = ?6, updated_at = ?7 where email = ?1`,
        [
          email,
          codes.failures,
          codes.lockLevel,
          codes.lockedUntil,
          codes.yearEndsAt,
          codes.yearFailures,
          now,
        ],
      )
    },

    async keepPasswords(email: string, passwords: PasswordTally, now: number): Promise<void> {
      await run(
        `update address_budgets set password_failures = ?2, password_next_at = ?3, known_failures = ?4, updated_at = ?5
         where email = ?1`,
        [email, passwords.failures, passwords.nextAt, passwords.knownFailures, now],
      )
    },

    /** When its browsers were last made strangers; 0 for never. */
    async knownSince(email: string): Promise<number> {
      const [row] = await run('select known_since from address_budgets where email = ?1', [email])
      return (row?.known_since as number | undefined) ?? 0
    },

    /** From now on only browsers that log in after this count as known (A-FLOW-08). */
    async forgetBrowsers(email: string, now: number): Promise<void> {
      await run('update address_budgets set known_since = ?2, updated_at = ?2 where email = ?1', [email, now])
    },

    async keepMails(email: string, mails: MailTally, now: number): Promise<void> {
      await run(
        `update address_budgets set mail_window_ends_at = ?2, mails_in_window = ?3, mail_hour_ends_at = ?4,
           mails_in_hour = ?5, updated_at = ?6 where email = ?1`,
        [email, mails.windowEndsAt, mails.inWindow, mails.hourEndsAt, mails.inHour, now],
      )
    },

    /**
     * Forgets what was not touched for a time, whether there is an account or not (A-ENUM-05), unless codes were guessed at: then
     * the year of codes is kept to its end. A few wrong codes are not worth a row for a year (A-DOS-06). Which browsers are strangers
     * is kept for as long as one of their cookies may live.
     */
    async purge(
      { untouchedSince, knownSince, now }: { untouchedSince: number; knownSince: number; now: number },
      limit: number,
    ): Promise<number> {
      const old = 'updated_at < ?1 and (code_year_ends_at <= ?2 or code_year_failures < 10)'
      const cleared = await run(
        `update address_budgets set ${nothingUsedUp} where email in (
           select email from address_budgets
           where ${old} and known_since >= ?3 and (${somethingUsedUp}) limit ?4) returning email`,
        [untouchedSince, now, knownSince, limit],
      )
      const deleted = await run(
        `delete from address_budgets where email in (
           select email from address_budgets where ${old} and known_since < ?3 limit ?4) returning email`,
        [untouchedSince, now, knownSince, limit],
      )
      return Math.max(cleared.length, deleted.length)
    },
  }
}

function toBudget(row: Row): AddressBudget {
  return {
    codes: toCodeTally(row),
    knownSince: row.known_since as number,
    passwords: {
      failures: row.password_failures as number,
      nextAt: row.password_next_at as number,
      knownFailures: row.known_failures as number,
    },
    mails: {
      windowEndsAt: row.mail_window_ends_at as number,
      inWindow: row.mails_in_window as number,
      hourEndsAt: row.mail_hour_ends_at as number,
      inHour: row.mails_in_hour as number,
    },
  }
}
