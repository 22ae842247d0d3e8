import { clockLeewayMs } from '../utils/clock.ts'
import type { SecretHash } from '../utils/secret.ts'
import type { Row, Run } from './database.ts'

/**
 * Codes that live for days and are too long to be guessed: invitations, and the ones that undo a change of address. The code is
 * derived from the id and a key that is not here; what is stored is its digest.
 */
export type EmailChangeRecord = { id: string; accountId: string; oldEmail: string; newEmail: string }

export type MailedCodes = ReturnType<typeof mailedCodesOver>

export function mailedCodesOver(run: Run) {
  return {
    async invite(invitation: {
      id: string
      codeHash: SecretHash
      email: string
      now: number
      expiresAt: number
    }): Promise<void> {
      await run(
        'insert into invitations (id, code_hash, email, created_at, expires_at) values (?1, ?2, ?3, ?4, ?5)',
        [invitation.id, invitation.codeHash, invitation.email, invitation.now, invitation.expiresAt],
      )
    },

    async findInvitation(codeHash: SecretHash, email: string, now: number): Promise<string | undefined> {
      const [row] = await run(
        'select id from invitations where code_hash = ?1 and email = ?2 and expires_at > ?3 and created_at <= ?4 and consumed_at is null',
        [codeHash, email, now, now + clockLeewayMs],
      )
      return row?.id as string | undefined
    },

    /** False when it was used before. */
    async consumeInvitation(id: string, now: number): Promise<boolean> {
      const rows = await run(
        'update invitations set consumed_at = ?2 where id = ?1 and consumed_at is null and expires_at > ?2 returning id',
        [id, now],
      )
      return rows.length === 1
    },

    /** While the account is held: changes are counted, since clocks of two servers don't order them. */
    async noteEmailChange(
      change: EmailChangeRecord & { codeHash: SecretHash; now: number; expiresAt: number },
    ) {
      await run(
        `insert into email_changes (id, code_hash, account_id, old_email, new_email, created_at, expires_at, position)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7,
           (select coalesce(max(position), 0) + 1 from email_changes where account_id = ?3))`,
        [
          change.id,
          change.codeHash,
          change.accountId,
          change.oldEmail,
          change.newEmail,
          change.now,
          change.expiresAt,
        ],
      )
    },

    /**
     * Whether an account has the address, or may still take it back from a change. One statement with one row, so that it costs the
     * same for both answers (A-ENUM-03, A-ENUM-05).
     */
    async isAddressTaken(email: string, exceptAccountId: string, now: number): Promise<boolean> {
      const [row] = await run(
        `select case when exists (select 1 from accounts where email = ?1)
             or exists (select 1 from email_changes
               where old_email = ?1 and account_id <> ?2 and expires_at > ?3 and undone_at is null)
           then 1 else 0 end as taken`,
        [email, exceptAccountId, now],
      )
      return row?.taken === 1
    },

    /** An address that was given up is kept for its owner as long as the change can be undone. */
    async isReserved(email: string, exceptAccountId: string, now: number): Promise<boolean> {
      const rows = await run(
        `select 1 as one from email_changes
         where old_email = ?1 and account_id <> ?2 and expires_at > ?3 and undone_at is null limit 1`,
        [email, exceptAccountId, now],
      )
      return rows.length > 0
    },

    /** Where a change of the account can still be undone from. */
    async undoableFrom(accountId: string, now: number): Promise<string[]> {
      const rows = await run(
        'select old_email from email_changes where account_id = ?1 and undone_at is null and expires_at > ?2',
        [accountId, now],
      )
      return rows.map((row) => row.old_email as string)
    },

    /** Whose change a code undoes. Decides nothing yet: hold the account, then undo. */
    async findEmailChange(codeHash: SecretHash): Promise<EmailChangeRecord | undefined> {
      const [row] = await run(
        'select id, account_id, old_email, new_email from email_changes where code_hash = ?1',
        [codeHash],
      )
      return row && toEmailChange(row)
    },

    /**
     * Takes back a change and every later one of the account, once: whoever took the account over may have moved it on from
     * address to address. False when it was taken back before or is too old.
     */
    async undoEmailChange(id: string, now: number): Promise<boolean> {
      const rows = await run(
        `update email_changes set undone_at = ?2
         where undone_at is null and exists (
           select 1 from email_changes one where one.id = ?1 and one.undone_at is null and one.expires_at > ?2
             and one.created_at <= ?2 + cast(?3 as bigint)
             and one.account_id = email_changes.account_id and one.position <= email_changes.position)
         returning id`,
        [id, now, clockLeewayMs],
      )
      return rows.length > 0
    },

    async purge(before: number, limit: number): Promise<number> {
      let most = 0
      // One after the other: a Postgres client runs one query at a time.
      for (const table of ['invitations', 'email_changes']) {
        const rows = await run(
          `delete from ${table} where id in (select id from ${table} where expires_at < ?1 limit ?2) returning id`,
          [before, limit],
        )
        most = Math.max(most, rows.length)
      }
      return most
    },
  }
}

function toEmailChange(row: Row): EmailChangeRecord {
  return {
    id: row.id as string,
    accountId: row.account_id as string,
    oldEmail: row.old_email as string,
    newEmail: row.new_email as string,
  }
}
