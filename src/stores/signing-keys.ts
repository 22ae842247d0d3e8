import type { Row, Run } from './database.ts'

/** A signing key at rest: the private half only as AES-256-GCM ciphertext (ASVS 11.3.3). */
export type StoredSigningKey = {
  kid: string
  algorithm: 'ES256' | 'RS256' | 'EdDSA'
  publicJwk: string
  sealedPrivateJwk: string
  createdAt: number
  activeAt: number
  follows: string
}

export type SigningKeys = ReturnType<typeof signingKeysOver>

export function signingKeysOver(run: Run) {
  return {
    async list(): Promise<StoredSigningKey[]> {
      return (
        await run(`select kid, algorithm, public_jwk, sealed_private_jwk, created_at, active_at, follows
         from signing_keys order by active_at, created_at`)
      ).map(toSigningKey)
    },

    /** False when another key already follows the same one: of two processes that rotate at once, one wins (A-RACE-19). */
    async add(key: StoredSigningKey): Promise<boolean> {
      const rows = await run(
        `insert into signing_keys (kid, algorithm, public_jwk, sealed_private_jwk, created_at, active_at, follows)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (follows) do nothing returning kid`,
        [
          key.kid,
          key.algorithm,
          key.publicJwk,
          key.sealedPrivateJwk,
          key.createdAt,
          key.activeAt,
          key.follows,
        ],
      )
      return rows.length === 1
    },

    async remove(kids: string[]): Promise<void> {
      for (const kid of kids) await run('delete from signing_keys where kid = ?1', [kid])
    },
  }
}

function toSigningKey(row: Row): StoredSigningKey {
  return {
    kid: row.kid as string,
    algorithm: row.algorithm as StoredSigningKey['algorithm'],
    publicJwk: row.public_jwk as string,
    sealedPrivateJwk: row.sealed_private_jwk as string,
    createdAt: row.created_at as number,
    activeAt: row.active_at as number,
    follows: row.follows as string,
  }
}
