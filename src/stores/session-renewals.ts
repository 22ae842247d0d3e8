import type { SecretHash } from '../utils/secret.ts'
import type { ChallengePurpose } from './challenges.ts'
import type { Run } from './database.ts'

/** How a verified session gets verified once more. */
export function sessionRenewalsOver(run: Run) {
  return {
    /** Lets a verified session wait for one more code. False when it has ended. */
    async await(
      id: string,
      challenge: { id: string; purpose: ChallengePurpose },
      now: number,
    ): Promise<boolean> {
      const rows = await run(
        `update sessions set challenge_id = ?2, challenge_purpose = ?3
         where id = ?1 and stage = 'verified' and ended_at is null and expires_at > ?4 returning id`,
        [id, challenge.id, challenge.purpose, now],
      )
      return rows.length === 1
    },

    /** After a code: the same session, verified anew, under another cookie (ASVS 7.2.4). False when it has ended. */
    async renew(renewal: {
      id: string
      secretHash: SecretHash
      amr: string[]
      now: number
    }): Promise<boolean> {
      const rows = await run(
        `update sessions set secret_hash = ?2, amr = ?3, auth_time = ?4, challenge_id = null
         where id = ?1 and stage = 'verified' and ended_at is null and expires_at > ?4 returning id`,
        [renewal.id, renewal.secretHash, renewal.amr.join(' '), renewal.now],
      )
      return rows.length === 1
    },
  }
}
