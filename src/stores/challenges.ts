import { clockLeewayMs } from '../utils/clock.ts'
import type { Row, Run } from './database.ts'

/** What a code is asked for. Only the step of its purpose takes it. */
export type ChallengePurpose = 'login' | 'registration' | 'reset' | 'step_up' | 'email_change'

/** One request for a code. The code itself is derived from `id` and a key; nothing of it is here. */
export type ChallengeRecord = {
  id: string
  purpose: ChallengePurpose
  /** `null` where there is none (yet): a registration, a reset of an unknown address. */
  accountId: string | null
  /** Where the code goes; `null` for the account's own address. */
  email: string | null
  /** What its step will need, such as the password hash of a registration. Empty: nothing waits behind it, no code is right. */
  details: Record<string, string>
  createdAt: number
  expiresAt: number
  sentAt: number
  attemptsLeft: number
  consumedAt: number | null
}

const columns =
  'id, purpose, account_id, email, details, created_at, expires_at, sent_at, attempts_left, consumed_at'

/** For a login, to the account's own address, unless said. */
export type NewChallenge = Pick<ChallengeRecord, 'id' | 'accountId' | 'expiresAt'> &
  Partial<Pick<ChallengeRecord, 'purpose' | 'email' | 'details'>> & { now: number; attempts: number }

export type Challenges = ReturnType<typeof challengesOver>

export function challengesOver(run: Run) {
  return {
    async open(challenge: NewChallenge): Promise<void> {
      const {
        id,
        purpose = 'login',
        accountId,
        email = null,
        details = {},
        now,
        expiresAt,
        attempts,
      } = challenge
      await run(
        `insert into challenges (id, purpose, account_id, email, details, created_at, expires_at, sent_at, attempts_left)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6, ?8)`,
        [id, purpose, accountId, email, JSON.stringify(details), now, expiresAt, attempts],
      )
    },

    async find(id: string): Promise<ChallengeRecord | undefined> {
      const [row] = await run(`select ${columns} from challenges where id = ?1`, [id])
      return row && toChallenge(row)
    },

    /** How many an account has been sent since a time: only somebody with its password can make more. */
    async countSince(accountId: string, since: number): Promise<number> {
      const [row] = await run(
        "select count(*) as sent from challenges where account_id = ?1 and created_at > ?2 and purpose in ('login', 'step_up')",
        [accountId, since],
      )
      return row?.sent as number
    },

    /**
     * Charges one try, and consumes the challenge if the code was right, in one statement: whatever else happens at the
     * same time, at most `attempts` codes are ever compared and one right one is accepted (A-RACE-01, A-RACE-02).
     * What waited behind it is forgotten with it. `undefined` when there is no try left to charge: expired, exhausted or consumed.
     *
     * @param attempt.correct a pure function of the challenge id and what was sent, so it can't be stale
     */
    async spendAttempt(attempt: {
      id: string
      purpose: ChallengePurpose
      correct: boolean
      now: number
    }): Promise<ChallengeRecord | undefined> {
      const [row] = await run(
        `update challenges set attempts_left = attempts_left - 1,
           consumed_at = case when cast(?2 as bigint) = 1 then cast(?3 as bigint) end,
           details = case when cast(?2 as bigint) = 1 then '{}' else details end
         where id = ?1 and purpose = ?5 and consumed_at is null and attempts_left > 0 and expires_at > ?3
           and created_at <= ?3 + cast(?4 as bigint)
         returning ${columns}`,
        [attempt.id, attempt.correct ? 1 : 0, attempt.now, clockLeewayMs, attempt.purpose],
      )
      return row && toChallenge(row)
    },

    /** Notes that the same code goes out again. `undefined` when it can't: too soon, expired, exhausted or consumed. */
    async resend(challenge: {
      id: string
      now: number
      notAfter: number
    }): Promise<ChallengeRecord | undefined> {
      const [row] = await run(
        `update challenges set sent_at = ?2
         where id = ?1 and sent_at <= ?3 and consumed_at is null and attempts_left > 0 and expires_at > ?2
         returning ${columns}`,
        [challenge.id, challenge.now, challenge.notAfter],
      )
      return row && toChallenge(row)
    },

    /** After a new password or address no code that was asked for before is good. */
    async closeAllOf(accountId: string, now: number): Promise<void> {
      await run(
        `update challenges set consumed_at = ?2, details = '{}' where account_id = ?1 and consumed_at is null`,
        [accountId, now],
      )
    },

    async purge(expiredBefore: number, limit: number): Promise<number> {
      const rows = await run(
        'delete from challenges where id in (select id from challenges where expires_at < ?1 limit ?2) returning id',
        [expiredBefore, limit],
      )
      return rows.length
    },
  }
}

function toChallenge(row: Row): ChallengeRecord {
  return {
    id: row.id as string,
    purpose: row.purpose as ChallengePurpose,
    accountId: row.account_id as string | null,
    email: row.email as string | null,
    details: JSON.parse(row.details as string) as Record<string, string>,
    createdAt: row.created_at as number,
    expiresAt: row.expires_at as number,
    sentAt: row.sent_at as number,
    attemptsLeft: row.attempts_left as number,
    consumedAt: row.consumed_at as number | null,
  }
}
