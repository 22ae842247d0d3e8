import type { Run } from './database.ts'

/** So long a session that has ended may matter to a token, in ms: the longest ACCESS_TOKEN_TTL, and a minute for clocks twice. */
export const rememberedMs = 3_720_000

export type EndedSessions = {
  ids: string[]
  /** ms; where the next page begins, `undefined` on the last one. */
  next: number | undefined
}

export type RevocationRecords = ReturnType<typeof revocationsOver>

/** Which sessions have ended lately: ended ones keep a tombstone in their own table, those of a deleted account are named here. */
export function revocationsOver(run: Run) {
  const select = async (since: number, until: number, now: number, limit: number) =>
    (await run(selectEnded, [since, until, now, limit])) as { id: string; at: number }[]

  return {
    /**
     * Oldest first. A page is cut between two milliseconds, so that none is told in part; where one alone has more sessions than
     * a page may hold, the page is that long.
     *
     * @param since ms, itself too
     */
    async endedSince(since: number, now: number, limit: number): Promise<EndedSessions> {
      const rows = await select(since, Number.MAX_SAFE_INTEGER, now, limit + 1)
      if (rows.length <= limit) return { ids: rows.map(({ id }) => id), next: undefined }
      const cut = (rows[limit] as { at: number }).at
      const before = rows.filter(({ at }) => at < cut)
      if (before.length > 0) return { ids: before.map(({ id }) => id), next: cut }
      const whole = await select(cut, cut, now, Number.MAX_SAFE_INTEGER)
      return { ids: whole.map(({ id }) => id), next: cut + 1 }
    },

    /** Forgets what was noted of accounts that were deleted, once no token of theirs can live. */
    async purge(before: number, limit: number): Promise<number> {
      const rows = await run(
        `delete from deleted_sessions where id in (
           select id from deleted_sessions where ended_at < ?1 limit ?2) returning id`,
        [before, limit],
      )
      return rows.length
    },
  }
}

/** Keeps the names of an account's sessions that tokens may still carry, before the account takes the rows with it. */
export async function noteSessionsOf(run: Run, accountId: string, now: number): Promise<void> {
  await run(
    `insert into deleted_sessions (id, ended_at)
       select id, coalesce(ended_at, ?2) from sessions
       where account_id = ?1 and stage = 'verified' and (ended_at is null or ended_at > ?3)
     on conflict (id) do nothing`,
    [accountId, now, now - rememberedMs],
  )
}

/**
 * Only a verified session has tokens. One that reached SESSION_TTL has ended without anybody writing that down; the
 * plus keeps the index of `ended_at` out of that search, which would go through everybody who is logged in.
 */
export const selectEnded = `
  select id, at from (
    select id, at from (select id, ended_at as at from sessions
      where ended_at >= ?1 and ended_at <= ?2 and stage = 'verified' order by ended_at limit ?4) marked
    union all
    select id, at from (select id, expires_at as at from sessions
      where expires_at >= ?1 and expires_at <= ?2 and expires_at <= ?3 and +ended_at is null and stage = 'verified'
      order by expires_at limit ?4) expired
    union all
    select id, at from (select id, ended_at as at from deleted_sessions
      where ended_at >= ?1 and ended_at <= ?2 order by ended_at limit ?4) deleted
  ) ended order by at, id limit ?4`
