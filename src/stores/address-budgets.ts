import type { CodeTally } from '../utils/code-budget.ts'
import type { MailTally } from '../utils/mail-budget.ts'
import type { PasswordTally } from '../utils/password-budget.ts'
import { toCodeTally } from './accounts.ts'
import type { Row, Run } from './database.ts'

/** What strangers have used up of an address, whether it has an account or not: so no budget tells which it is. */
export type AddressBudget = { codes: CodeTally; passwords: PasswordTally; mails: MailTally }

const columns = `code_failures, code_lock_level, code_locked_until, code_year_ends_at, code_year_failures,
  password_failures, password_next_at, mail_window_ends_at, mails_in_window, mail_hour_ends_at, mails_in_hour`

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
        `update address_budgets set password_failures = ?2, password_next_at = ?3, updated_at = ?4 where email = ?1`,
        [email, passwords.failures, passwords.nextAt, now],
      )
    },

    async keepMails(email: string, mails: MailTally, now: number): Promise<void> {
      await run(
        `update address_budgets set mail_window_ends_at = ?2, mails_in_window = ?3, mail_hour_ends_at = ?4,
           mails_in_hour = ?5, updated_at = ?6 where email = ?1`,
        [email, mails.windowEndsAt, mails.inWindow, mails.hourEndsAt, mails.inHour, now],
      )
    },

    /** Addresses without an account are forgotten after a time, unless their budget of codes still runs (A-DOS-06). */
    async purge(untouchedSince: number, now: number, limit: number): Promise<number> {
      const rows = await run(
        `delete from address_budgets where email in (
           select b.email from address_budgets b where b.updated_at < ?1 and b.code_year_ends_at <= ?2
             and not exists (select 1 from accounts a where a.email = b.email) limit ?3) returning email`,
        [untouchedSince, now, limit],
      )
      return rows.length
    },
  }
}

function toBudget(row: Row): AddressBudget {
  return {
    codes: toCodeTally(row),
    passwords: { failures: row.password_failures as number, nextAt: row.password_next_at as number },
    mails: {
      windowEndsAt: row.mail_window_ends_at as number,
      inWindow: row.mails_in_window as number,
      hourEndsAt: row.mail_hour_ends_at as number,
      inHour: row.mails_in_hour as number,
    },
  }
}
