import type { SecretHash } from '../utils/secret.ts'
import type { ChallengePurpose } from './challenges.ts'
import type { Run, Value } from './database.ts'
import { type EndReason, type SessionRecord, selectSession, toSession } from './session-record.ts'
import { sessionRenewalsOver } from './session-renewals.ts'

export type NewSession = {
  id: string
  secretHash: SecretHash
  accountId: string | null
  stage: 'otp_pending' | 'verified'
  challengeId: string | null
  /** `login` unless said. */
  challengePurpose?: ChallengePurpose
  /** The trusted device that took the place of the code. */
  deviceId?: string | null
  flowId: string
  amr: string[]
  authTime: number
  device: string
  address: string
  now: number
  idleExpiresAt: number
  expiresAt: number
}

export type Sessions = ReturnType<typeof sessionsOver>

export function sessionsOver(run: Run) {
  const one = async (statement: string, values: (string | number)[]) => {
    const [row] = await run(statement, values)
    return row && toSession(row)
  }
  const endedIds = async (statement: string, values: (string | number | null)[]) =>
    (await run(statement, values)).map((row) => row.id as string)

  return {
    ...sessionRenewalsOver(run),

    find: (id: string) => one(`${selectSession} where s.id = ?1`, [id]),

    findBySecret: (hash: SecretHash) => one(`${selectSession} where s.secret_hash = ?1`, [hash]),

    /** Verified and alive, newest first. */
    async listOf(accountId: string, now: number): Promise<SessionRecord[]> {
      const rows = await run(selectListed, [accountId, now])
      return rows.map(toSession)
    },

    async open(session: NewSession): Promise<void> {
      await run(insertSession, valuesOf(session))
    },

    /** Ends a session that is alive and leaves its tombstone. False when it had ended before. */
    async end(id: string, because: EndReason, now: number): Promise<boolean> {
      const rows = await run(
        `update sessions set ended_at = ?3, ended_because = ?2
         where id = ?1 and ended_at is null and expires_at > ?3 returning id`,
        [id, because, now],
      )
      return rows.length === 1
    },

    /** As `end`, for a handle that somebody named: only a session of that account. */
    endOneOf: (accountId: string, id: string, because: EndReason, now: number, from?: string) =>
      endedIds(endOneSession, [accountId, id, because, now, from ?? null]),

    /** Ends every session of the account but one (pass '' to end all). */
    endAllOf: (accountId: string, exceptId: string, because: EndReason, now: number, from?: string) =>
      endedIds(endAllSessions, [accountId, exceptId, because, now, from ?? null]),

    /** Moves the idle limit on, of a session that has not run into it. */
    async touch(id: string, seenAt: number, idleExpiresAt: number): Promise<void> {
      await run(touchSession, [id, seenAt, idleExpiresAt])
    },

    /** Keeps an embedding application's own data, if the session is alive: a write to an ended one does nothing (D6). */
    async keepData(hash: SecretHash, data: string, now: number): Promise<boolean> {
      const rows = await run(
        `update sessions set data = ?2, data_saved_at = ?3
         where secret_hash = ?1 and ended_at is null and expires_at > ?3 returning id`,
        [hash, data, now],
      )
      return rows.length === 1
    },

    /** Forgets sessions and tombstones that ended or ran out before a time. */
    async purge(before: number, limit: number): Promise<number> {
      const rows = await run(
        `delete from sessions where id in (
           select id from sessions where expires_at < ?1 or ended_at < ?1 limit ?2) returning id`,
        [before, limit],
      )
      return rows.length
    },
  }
}

const insertSession = `insert into sessions (id, secret_hash, account_id, stage, challenge_id, flow_id, amr, auth_time, device,
    address, created_at, last_seen_at, idle_expires_at, expires_at, challenge_purpose, device_id)
  values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14, ?15)`

function valuesOf(session: NewSession): Value[] {
  return [
    session.id,
    session.secretHash,
    session.accountId,
    session.stage,
    session.challengeId,
    session.flowId,
    session.amr.join(' '),
    session.authTime,
    session.device,
    session.address,
    session.now,
    session.idleExpiresAt,
    session.expiresAt,
    session.challengePurpose ?? 'login',
    session.deviceId ?? null,
  ]
}

const selectListed = `${selectSession} where s.account_id = ?1 and s.ended_at is null and s.stage = 'verified' and s.expires_at > ?2
           and (s.idle_expires_at > ?2 or s.refresh_expires_at > ?2)
         order by s.last_seen_at desc limit 200`

const touchSession = `update sessions set last_seen_at = ?2, idle_expires_at = ?3
         where id = ?1 and ended_at is null and idle_expires_at > ?2 and idle_expires_at < ?3`

const endOneSession = `update sessions set ended_at = ?4, ended_because = ?3, ended_from = ?5
         where account_id = ?1 and id = ?2 and ended_at is null and expires_at > ?4 returning id`

const endAllSessions = `update sessions set ended_at = ?4, ended_because = ?3, ended_from = ?5
         where account_id = ?1 and id <> ?2 and ended_at is null returning id`
