import { clockLeewayMs } from '../utils/clock.ts'
import { endOfChain } from '../utils/key-chain.ts'
import type { Row, Run } from './database.ts'

/** A signing key at rest: the private half only as AES-256-GCM ciphertext (ASVS 11.3.3). Times in ms. */
export type StoredSigningKey = {
  kid: string
  algorithm: 'ES256' | 'RS256' | 'EdDSA'
  publicJwk: string
  sealedPrivateJwk: string
  createdAt: number
  activeAt: number
  follows: string
  /** `null` while it is good. Never undone: its row stays until its tokens have expired, and then goes for good (I2). */
  revokedAt: number | null
}

export type KeyRevocation = {
  found: 'live' | 'revoked' | 'nothing'
  /** `spare` has become a key of the chain. */
  added: boolean
}

export type SigningKeys = ReturnType<typeof signingKeysOver>

export function signingKeysOver(run: Run) {
  const keys = {
    async list(): Promise<StoredSigningKey[]> {
      return (
        await run(`select kid, algorithm, public_jwk, sealed_private_jwk, created_at, active_at, follows, revoked_at
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

    /**
     * A published key signs from now on, if nobody can be without it (F-KEY-01): whoever read the keys while an answer without
     * this one may still be kept is known, and has read them since. False when the key has to wait.
     *
     * @param noteEveryMs how far the note of a reader may be behind its last reading
     */
    async activate(kid: string, now: number, noteEveryMs: number): Promise<boolean> {
      const rows = await run(activateWhenRead, [kid, now, now - noteEveryMs, now - arrivesWithinMs])
      return rows.length === 1
    },

    /**
     * In one transaction with what makes sure that another key signs at once: the next one that is published, or `spare`. It
     * gets the place in time of the revoked key, so that it signs on servers with a slower clock too.
     */
    async revoke(kid: string, at: number, spare: StoredSigningKey): Promise<KeyRevocation> {
      // One revocation at a time, so that each sees what the other left.
      await run('select kid from signing_keys order by kid for update')
      const [revoked] = await run(
        'update signing_keys set revoked_at = ?2 where kid = ?1 and revoked_at is null returning active_at',
        [kid, at],
      )
      if (revoked) return { found: 'live', added: await succeed(revoked.active_at as number, at, spare) }
      const known = await run('select kid from signing_keys where kid = ?1', [kid])
      return { found: known.length === 1 ? 'revoked' : 'nothing', added: false }
    },

    async remove(kids: string[]): Promise<void> {
      for (const kid of kids) await run('delete from signing_keys where kid = ?1', [kid])
    },
  }

  /** True when it took the spare key. */
  async function succeed(revokedActiveAt: number, at: number, spare: StoredSigningKey): Promise<boolean> {
    const all = await keys.list()
    const live = all.filter(({ revokedAt }) => revokedAt === null)
    // One that had not signed yet leaves the signing to whoever does it.
    if (revokedActiveAt > at && live.some(({ activeAt }) => activeAt <= at)) return false
    const activeAt = Math.min(revokedActiveAt, at) + 1
    const next = live.find((key) => key.activeAt > revokedActiveAt)
    if (next) {
      if (next.activeAt > at - clockLeewayMs)
        await run('update signing_keys set active_at = ?2 where kid = ?1', [next.kid, activeAt])
      return false
    }
    const added = await keys.add({ ...spare, activeAt, follows: endOfChain(all)?.kid ?? '' })
    // Somebody rotated meanwhile, and has committed: then there is a next one.
    return added || succeed(revokedActiveAt, at, spare)
  }

  return keys
}

/** A reader is noted before it gets its answer, which takes this long to arrive and to be used. */
const arrivesWithinMs = 1_000

/**
 * How long an answer may be kept is what lies between the making of a key and its planned start. A reader without a name
 * (id '') may be several, of which only the last is seen: the key waits for the whole time then. One that another pending key
 * stands before waits for its turn.
 */
const activateWhenRead = `
  update signing_keys set active_at = ?2
  where kid = ?1 and active_at > ?2 and revoked_at is null
    and not exists (select 1 from signing_keys earlier
      where earlier.kid <> ?1 and earlier.revoked_at is null
        and earlier.active_at >= ?2 and earlier.active_at < signing_keys.active_at)
    and not exists (select 1 from key_readers
      where read_at > ?3 - (signing_keys.active_at - signing_keys.created_at)
        and (id = '' or read_at > ?4 or newest_kid not in
          (select later.kid from signing_keys later where later.active_at >= signing_keys.active_at)))
  returning kid`

function toSigningKey(row: Row): StoredSigningKey {
  return {
    kid: row.kid as string,
    algorithm: row.algorithm as StoredSigningKey['algorithm'],
    publicJwk: row.public_jwk as string,
    sealedPrivateJwk: row.sealed_private_jwk as string,
    createdAt: row.created_at as number,
    activeAt: row.active_at as number,
    follows: row.follows as string,
    revokedAt: row.revoked_at as number | null,
  }
}
