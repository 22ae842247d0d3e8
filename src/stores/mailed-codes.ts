import type { SecretHash } from '../utils/secret.ts'
import type { Row, Run } from './database.ts'

/**
 * Codes that live for days and are too long to be guessed: invitations, and the ones that undo a change of address. The code is
 * derived from the id and a key that is not here; what is stored is its digest.
 */
export type InvitationRecord = { id: string; email: string; expiresAt: number }
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
        'select id from invitations where code_hash = ?1 and email = ?2 and expires_at > ?3 and consumed_at is null',
        [codeHash, email, now],
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

    async noteEmailChange(
      change: EmailChangeRecord & { codeHash: SecretHash; now: number; expiresAt: number },
    ) {
      await run(
        `insert into email_changes (id, code_hash, account_id, old_email, new_email, created_at, expires_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
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

    /** An address that was given up is kept for its owner as long as the change can be undone. */
    async isReserved(email: string, exceptAccountId: string, now: number): Promise<boolean> {
      const rows = await run(
        `select 1 as one from email_changes
         where old_email = ?1 and account_id <> ?2 and expires_at > ?3 and undone_at is null limit 1`,
        [email, exceptAccountId, now],
      )
      return rows.length > 0
    },

    /**
     * Takes back a change and every later one of the account, once: whoever took the account over may have moved it on from
     * address to address.
     */
    async undoEmailChange(codeHash: SecretHash, now: number): Promise<EmailChangeRecord | undefined> {
      const [row] = await run(
        `update email_changes set undone_at = ?2 where code_hash = ?1 and undone_at is null and expires_at > ?2
         returning id, account_id, old_email, new_email, created_at`,
        [codeHash, now],
      )
      if (!row) return undefined
      await run(
        'update email_changes set undone_at = ?3 where account_id = ?1 and created_at >= ?2 and undone_at is null',
        [row.account_id as string, row.created_at as number, now],
      )
      return toEmailChange(row)
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
