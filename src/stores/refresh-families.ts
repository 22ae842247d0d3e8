import type { Run } from './database.ts'
import { returningSession, selectSession, toSession } from './session-record.ts'

export type RefreshFamilies = ReturnType<typeof refreshFamiliesOver>

/** The one refresh family of a session lives in the session's row: whatever ends the session ends it too, in the same statement. */
export function refreshFamiliesOver(run: Run) {
  const one = async (statement: string, values: (string | number)[]) => {
    const [row] = await run(statement, values)
    return row && toSession(row)
  }
  return {
    find: (family: string) => one(`${selectSession} where s.refresh_family = ?1`, [family]),

    /** Starts the session's one refresh family. `undefined` when it has one already, or has ended. */
    grant: (grant: { id: string; family: string; now: number; expiresAt: number }) =>
      one(
        `update sessions set refresh_family = ?2, refresh_generation = 1,
           refresh_expires_at = case when expires_at < ?4 then expires_at else ?4 end
         where id = ?1 and refresh_family is null and stage = 'verified' and ended_at is null and expires_at > ?3
         ${returningSession}`,
        [grant.id, grant.family, grant.now, grant.expiresAt],
      ),

    /** Makes the next token of the family the live one, if `generation` is the live one now (A-RACE-03). */
    rotate: (turn: { family: string; generation: number; now: number; expiresAt: number }) =>
      one(
        `update sessions set refresh_generation = refresh_generation + 1, refresh_rotated_at = ?3,
           refresh_expires_at = case when expires_at < ?4 then expires_at else ?4 end, last_seen_at = ?3
         where refresh_family = ?1 and refresh_generation = ?2 and ended_at is null and expires_at > ?3
           and refresh_expires_at > ?3
         ${returningSession}`,
        [turn.family, turn.generation, turn.now, turn.expiresAt],
      ),
  }
}
