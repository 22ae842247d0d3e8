import type { SecretHash } from '../utils/secret.ts'
import type { Row, Run } from './database.ts'

export type EndReason =
  | 'logged_out'
  | 'idle'
  | 'absolute'
  | 'revoked'
  | 'password_changed'
  | 'replaced'
  | 'disabled'

/** A session as it is stored: one row per session id, kept as a tombstone after its end. */
export type SessionRecord = {
  /** The public handle (`sid` in tokens, `sessionId` in bodies). It opens nothing. */
  id: string
  accountId: string
  email: string
  stage: 'otp_pending' | 'verified'
  challengeId: string | null
  flowId: string
  amr: string[]
  /** ms; when the last factor was verified */
  authTime: number
  device: string
  address: string
  createdAt: number
  lastSeenAt: number
  idleExpiresAt: number
  expiresAt: number
  endedAt: number | null
  endedBecause: EndReason | null
  accountDisabledAt: number | null
  refresh: { family: string; generation: number; rotatedAt: number; expiresAt: number } | null
  /** What an embedding application keeps in `req.session`, as JSON. */
  data: string
  dataSavedAt: number
}

export type NewSession = {
  id: string
  secretHash: SecretHash
  accountId: string
  stage: 'otp_pending' | 'verified'
  challengeId: string | null
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

const select = `select s.*, a.email, a.disabled_at as account_disabled_at
  from sessions s join accounts a on a.id = s.account_id`

export function sessionsOver(run: Run) {
  const one = async (statement: string, values: (string | number)[]) => {
    const [row] = await run(statement, values)
    return row && toSession(row)
  }
  const endedIds = async (statement: string, values: (string | number)[]) =>
    (await run(statement, values)).map((row) => row.id as string)

  return {
    find: (id: string) => one(`${select} where s.id = ?1`, [id]),

    findBySecret: (hash: SecretHash) => one(`${select} where s.secret_hash = ?1`, [hash]),

    findByRefreshFamily: (family: string) => one(`${select} where s.refresh_family = ?1`, [family]),

    /** Verified and alive, newest first. */
    async listOf(accountId: string, now: number): Promise<SessionRecord[]> {
      const rows = await run(
        `${select} where s.account_id = ?1 and s.ended_at is null and s.stage = 'verified' and s.expires_at > ?2
           and (s.idle_expires_at > ?2 or s.refresh_expires_at > ?2)
         order by s.last_seen_at desc limit 200`,
        [accountId, now],
      )
      return rows.map(toSession)
    },

    async open(session: NewSession): Promise<void> {
      await run(
        `insert into sessions (id, secret_hash, account_id, stage, challenge_id, flow_id, amr, auth_time, device, address,
           created_at, last_seen_at, idle_expires_at, expires_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13)`,
        [
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
        ],
      )
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
    endOneOf: (accountId: string, id: string, because: EndReason, now: number) =>
      endedIds(
        `update sessions set ended_at = ?4, ended_because = ?3
         where account_id = ?1 and id = ?2 and ended_at is null and expires_at > ?4 returning id`,
        [accountId, id, because, now],
      ),

    /** Ends every session of the account but one (pass '' to end all). */
    endAllOf: (accountId: string, exceptId: string, because: EndReason, now: number) =>
      endedIds(
        `update sessions set ended_at = ?4, ended_because = ?3
         where account_id = ?1 and id <> ?2 and ended_at is null returning id`,
        [accountId, exceptId, because, now],
      ),

    /** Moves the idle limit on, of a session that has not run into it. */
    async touch(id: string, seenAt: number, idleExpiresAt: number): Promise<void> {
      await run(
        `update sessions set last_seen_at = ?2, idle_expires_at = ?3
         where id = ?1 and ended_at is null and idle_expires_at > ?2 and last_seen_at < ?2`,
        [id, seenAt, idleExpiresAt],
      )
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

    /** Starts the session's one refresh family, or leaves it as it is. `undefined` when the session has ended. */
    grantRefresh: (grant: { id: string; family: string; now: number; expiresAt: number }) =>
      one(
        `update sessions set refresh_family = coalesce(refresh_family, ?2),
           refresh_generation = case when refresh_family is null then 1 else refresh_generation end,
           refresh_expires_at = case when refresh_family is null then
             case when expires_at < ?4 then expires_at else ?4 end else refresh_expires_at end
         where id = ?1 and stage = 'verified' and ended_at is null and expires_at > ?3
         returning *, null as email, null as account_disabled_at`,
        [grant.id, grant.family, grant.now, grant.expiresAt],
      ),

    /** Makes the next token of the family the live one, if `generation` is the live one now (A-RACE-03). */
    rotateRefresh: (turn: { family: string; generation: number; now: number; expiresAt: number }) =>
      one(
        `update sessions set refresh_generation = refresh_generation + 1, refresh_rotated_at = ?3,
           refresh_expires_at = case when expires_at < ?4 then expires_at else ?4 end, last_seen_at = ?3
         where refresh_family = ?1 and refresh_generation = ?2 and ended_at is null and expires_at > ?3
           and refresh_expires_at > ?3
         returning *, null as email, null as account_disabled_at`,
        [turn.family, turn.generation, turn.now, turn.expiresAt],
      ),

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

function toSession(row: Row): SessionRecord {
  const family = row.refresh_family as string | null
  return {
    id: row.id as string,
    accountId: row.account_id as string,
    email: row.email as string,
    stage: row.stage as SessionRecord['stage'],
    challengeId: row.challenge_id as string | null,
    flowId: row.flow_id as string,
    amr: (row.amr as string).split(' ').filter(Boolean),
    authTime: row.auth_time as number,
    device: row.device as string,
    address: row.address as string,
    createdAt: row.created_at as number,
    lastSeenAt: row.last_seen_at as number,
    idleExpiresAt: row.idle_expires_at as number,
    expiresAt: row.expires_at as number,
    endedAt: row.ended_at as number | null,
    endedBecause: row.ended_because as EndReason | null,
    accountDisabledAt: row.account_disabled_at as number | null,
    refresh:
      family === null
        ? null
        : {
            family,
            generation: row.refresh_generation as number,
            rotatedAt: row.refresh_rotated_at as number,
            expiresAt: row.refresh_expires_at as number,
          },
    data: row.data as string,
    dataSavedAt: row.data_saved_at as number,
  }
}
