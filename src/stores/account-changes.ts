import type { Run } from './database.ts'

/** What changes of an account while it is held. */
export function accountChangesOver(run: Run) {
  return {
    async setHash(id: string, newHash: string): Promise<void> {
      await run('update accounts set password_hash = ?2 where id = ?1', [id, newHash])
    },

    /** False when another account has the address. */
    async setEmail(id: string, email: string): Promise<boolean> {
      const rows = await run(
        `update accounts set email = ?2
         where id = ?1 and not exists (select 1 from accounts other where other.email = ?2 and other.id <> ?1) returning id`,
        [id, email],
      )
      return rows.length === 1
    },

    /** Of the owner's mails, and the time of the first login unless there was one. */
    async noteLogin(id: string, language: string, now: number): Promise<void> {
      await run(
        'update accounts set language = ?2, first_login_at = coalesce(first_login_at, ?3) where id = ?1',
        [id, language, now],
      )
    },

    async setClaims(id: string, claims: string): Promise<void> {
      await run('update accounts set claims = ?2 where id = ?1', [id, claims])
    },
  }
}
