import type { Run } from './database.ts'

/** Who has read our public keys, and up to which one. */
export type KeyReader = {
  /** What the reader calls itself; '' stands for all that have no name. */
  id: string
  /** The newest key of the answer. */
  newestKid: string
  /** ms */
  readAt: number
}

/** More would be no installation but somebody who makes up names. */
const mostReaders = 1_000

/** ms; a key can't be published for longer than this before it signs, so older readings decide nothing. */
export const readersKeptMs = 25 * 3_600_000

export type KeyReaders = ReturnType<typeof keyReadersOver>

export function keyReadersOver(run: Run) {
  return {
    async find(id: string): Promise<KeyReader | undefined> {
      const [row] = await run('select newest_kid, read_at from key_readers where id = ?1', [id])
      return row && { id, newestKid: row.newest_kid as string, readAt: row.read_at as number }
    },

    /** False when there are too many: then it has to be noted as one without a name. */
    async note({ id, newestKid, readAt }: KeyReader): Promise<boolean> {
      const rows = await run(
        `insert into key_readers (id, newest_kid, read_at)
           select cast(?1 as text), cast(?2 as text), cast(?3 as bigint)
           where cast(?1 as text) = '' or exists (select 1 from key_readers where id = ?1)
             or (select count(*) from key_readers) < ${mostReaders}
         on conflict (id) do update set newest_kid = excluded.newest_kid,
           read_at = case when excluded.read_at > key_readers.read_at then excluded.read_at else key_readers.read_at end
         returning id`,
        [id, newestKid, readAt],
      )
      return rows.length === 1
    },

    /**
     * For the start of a server: keys that are there already, and no reader noted, were served by a version that noted none.
     * Somebody may have read them until now.
     *
     * @param madeBefore ms; younger keys are of this version
     */
    async assumeRead(now: number, madeBefore: number): Promise<void> {
      await run(
        `insert into key_readers (id, newest_kid, read_at)
           select '', '', cast(?1 as bigint)
           where exists (select 1 from signing_keys where created_at < ?2) and not exists (select 1 from key_readers)
         on conflict (id) do nothing`,
        [now, madeBefore],
      )
    },

    async purge(before: number, limit: number): Promise<number> {
      const rows = await run(
        `delete from key_readers where id in (
           select id from key_readers where read_at < ?1 limit ?2) returning id`,
        [before, limit],
      )
      return rows.length
    },
  }
}
