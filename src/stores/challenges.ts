import type { Row, Run } from './database.ts'

/** One request for a code. The code itself is derived from `id` and a key; nothing of it is here. */
export type ChallengeRecord = {
  id: string
  accountId: string
  createdAt: number
  expiresAt: number
  sentAt: number
  attemptsLeft: number
  consumedAt: number | null
}

/** A clock that was set back must not give a code more time; a minute is what two servers may differ (F-CLOCK-01). */
const clockLeewayMs = 60_000

const columns = 'id, account_id, created_at, expires_at, sent_at, attempts_left, consumed_at'

export type Challenges = ReturnType<typeof challengesOver>

export function challengesOver(run: Run) {
  return {
    async open(challenge: {
      id: string
      accountId: string
      now: number
      expiresAt: number
      attempts: number
    }): Promise<void> {
      await run(
        `insert into challenges (id, account_id, created_at, expires_at, sent_at, attempts_left)
         values (?1, ?2, ?3, ?4, ?3, ?5)`,
        [challenge.id, challenge.accountId, challenge.now, challenge.expiresAt, challenge.attempts],
      )
    },

    async find(id: string): Promise<ChallengeRecord | undefined> {
      const [row] = await run(`select ${columns} from challenges where id = ?1`, [id])
      return row && toChallenge(row)
    },

    /** How many an account has been sent since a time: only somebody with its password can make more. */
    async countSince(accountId: string, since: number): Promise<number> {
      const [row] = await run(
        'select count(*) as sent from challenges where account_id = ?1 and created_at > ?2',
        [accountId, since],
      )
      return row?.sent as number
    },

    /**
     * Charges one try, and consumes the challenge if the code was right, in one statement: whatever else happens at the
     * same time, at most `attempts` codes are ever compared and one right one is accepted (A-RACE-01, A-RACE-02).
     * `undefined` when there is no try left to charge: expired, exhausted or consumed.
     *
     * @param attempt.correct a pure function of the challenge id and what was sent, so it can't be stale
     */
    async spendAttempt(attempt: {
      id: string
      correct: boolean
      now: number
    }): Promise<ChallengeRecord | undefined> {
      const [row] = await run(
        `update challenges set attempts_left = attempts_left - 1,
           consumed_at = case when cast(?2 as bigint) = 1 then cast(?3 as bigint) end
         where id = ?1 and consumed_at is null and attempts_left > 0 and expires_at > ?3
           and created_at <= ?3 + cast(?4 as bigint)
         returning ${columns}`,
        [attempt.id, attempt.correct ? 1 : 0, attempt.now, clockLeewayMs],
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
    accountId: row.account_id as string,
    createdAt: row.created_at as number,
    expiresAt: row.expires_at as number,
    sentAt: row.sent_at as number,
    attemptsLeft: row.attempts_left as number,
    consumedAt: row.consumed_at as number | null,
  }
}
