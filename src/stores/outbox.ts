import type { Row, Run } from './database.ts'

export type OutboxKind =
  | 'login_code'
  | 'registration_code'
  | 'reset_code'
  | 'step_up_code'
  | 'email_change_code'
  | 'invitation'
  | 'address_taken'
  | 'new_device'
  | 'login_after_failures'
  | 'code_locked'
  | 'refresh_reused'
  | 'password_changed'
  | 'email_changed'
  | 'email_change_undone'
  | 'account_deleted'

/** A mail to be sent. A code is never in it: it is derived from `challengeId` when the mail is composed. */
export type OutboxRecord = {
  id: string
  to: string
  kind: OutboxKind
  challengeId: string | null
  detail: Record<string, unknown>
  attempts: number
  isForNobody: boolean
  createdAt: number
  expiresAt: number
}

export type NewMail = Omit<OutboxRecord, 'attempts' | 'isForNobody'> & {
  /** ms; at once unless said. */
  sendAt?: number
  /** Taken up and ticked off like a mail, and never sent: an address without an account must cost as much (A-ENUM-04). */
  isForNobody?: boolean
  /** Who caused it, as a digest. */
  source?: string
}

export type Outbox = ReturnType<typeof outboxOver>

export function outboxOver(run: Run) {
  return {
    /** Part of the act that the mail tells of: both are durable, or neither. */
    async put(mail: NewMail): Promise<void> {
      await run(
        `insert into mail_outbox (id, recipient, kind, challenge_id, detail, created_at, expires_at, next_attempt_at,
           source, is_for_nobody)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
        [
          mail.id,
          mail.to,
          mail.kind,
          mail.challengeId,
          JSON.stringify(mail.detail),
          mail.createdAt,
          mail.expiresAt,
          mail.sendAt ?? mail.createdAt,
          mail.source ?? null,
          mail.isForNobody === true ? 1 : 0,
        ],
      )
    },

    /** A mail that still waits for its time gives way to a newer one to the same address from the same source. */
    async dropWaiting(to: string, source: string, now: number): Promise<boolean> {
      const rows = await run(
        `delete from mail_outbox where recipient = ?1 and source = ?2 and attempts = 0 and finished_at is null
           and next_attempt_at > ?3 returning id`,
        [to, source, now],
      )
      return rows.length > 0
    },

    async due(now: number): Promise<boolean> {
      const rows = await run(
        'select 1 as one from mail_outbox where finished_at is null and next_attempt_at <= ?1 limit 1',
        [now],
      )
      return rows.length > 0
    },

    /**
     * Leases due mails to one process: the lease is the next attempt's time, so a process that dies gives them back by
     * itself. The outer condition repeats the inner one because Postgres checks only that again after waiting for a row.
     */
    async claim(options: { now: number; leaseMs: number; limit: number }): Promise<OutboxRecord[]> {
      const rows = await run(
        `update mail_outbox set attempts = attempts + 1, next_attempt_at = ?2
         where finished_at is null and next_attempt_at <= ?1 and id in (
           select id from mail_outbox where finished_at is null and next_attempt_at <= ?1
           order by next_attempt_at limit ?3)
         returning id, recipient, kind, challenge_id, detail, created_at, expires_at, attempts, is_for_nobody`,
        [options.now, options.now + options.leaseMs, options.limit],
      )
      return rows.map(toOutboxRecord)
    },

    async markSent(id: string, now: number): Promise<void> {
      await run('update mail_outbox set finished_at = ?2, last_error = null where id = ?1', [id, now])
    },

    async markFailed(
      id: string,
      failure: { now: number; nextAttemptAt: number | null; error: string },
    ): Promise<void> {
      await run(
        `update mail_outbox set last_error = ?2, finished_at = case when cast(?3 as bigint) is null then cast(?4 as bigint) end,
           next_attempt_at = coalesce(cast(?3 as bigint), next_attempt_at)
         where id = ?1 and finished_at is null`,
        [id, failure.error.slice(0, 500), failure.nextAttemptAt, failure.now],
      )
    },

    async tally(): Promise<{ waiting: number; sent: number; failed: number }> {
      const [row] = await run(
        `select sum(case when finished_at is null then 1 else 0 end) as waiting,
           sum(case when finished_at is not null and last_error is null then 1 else 0 end) as sent,
           sum(case when finished_at is not null and last_error is not null then 1 else 0 end) as failed
         from mail_outbox`,
      )
      const { waiting, sent, failed } = row ?? {}
      return { waiting: Number(waiting ?? 0), sent: Number(sent ?? 0), failed: Number(failed ?? 0) }
    },

    async purge(expiredBefore: number, limit: number): Promise<number> {
      const rows = await run(
        'delete from mail_outbox where id in (select id from mail_outbox where expires_at < ?1 limit ?2) returning id',
        [expiredBefore, limit],
      )
      return rows.length
    },
  }
}

function toOutboxRecord(row: Row): OutboxRecord {
  return {
    id: row.id as string,
    to: row.recipient as string,
    kind: row.kind as OutboxKind,
    challengeId: row.challenge_id as string | null,
    detail: JSON.parse(row.detail as string) as Record<string, unknown>,
    attempts: row.attempts as number,
    isForNobody: row.is_for_nobody === 1,
    createdAt: row.created_at as number,
    expiresAt: row.expires_at as number,
  }
}
