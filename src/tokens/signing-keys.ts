import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import type { SigningAlgorithm, SigningKeyRecord } from './key-record.ts'

export type { SigningAlgorithm, SigningKeyRecord }

export type KeyRevocation = {
  /** `revoked`: it was before. */
  found: 'live' | 'revoked' | 'nothing'
  /** A new key was added, because there was no other to sign. */
  added: boolean
}

export interface SigningKeyStore {
  /** Revoked ones too. */
  list(): Promise<SigningKeyRecord[]>
  /** false when another key already follows the same one */
  add(record: SigningKeyRecord): Promise<boolean>
  /** A published key signs from `now` on; false when somebody may read our tokens without it. */
  activate(kid: string, now: number): Promise<boolean>
  /** One transaction with what makes another key sign at once: the next one, or `spare` at the end of the chain. */
  revoke(kid: string, at: number, spare: SigningKeyRecord): Promise<KeyRevocation>
  remove(kids: string[]): Promise<void>
}

/** The keys of an installation, in memory. Every key has one algorithm, fixed when it was made (ASVS 9.1.2). */
export interface KeyRing {
  signer(): { kid: string; algorithm: string; key: KeyObject }
  verifier(kid: string): { algorithm: string; key: KeyObject } | undefined
  /** Public members only (A-JWT-22); the newest last. */
  jwks(): { keys: JWK[] }
  /** Of keys that were revoked in an emergency, while tokens of theirs could still be alive. */
  revokedKids(): string[]
  /**
   * `undefined` while the ring is what the store had less than 0.8 s ago, so that a revoked key is dead on every server within
   * a second (F-KEY-02). Otherwise it reads the store, and rejects when that does not answer (I4).
   */
  freshen(): Promise<void> | undefined
  /** Follows what other processes did to the store, and does what is due. When it rejects, the ring is at worst older. */
  reload(): Promise<void>
  /** @param leadMs how long the new key is published before it signs, where verifiers keep keys longer than the JWKS says */
  rotate(leadMs?: number): Promise<{ kid: string; activeAt: number; added: boolean }>
  /** Ends every token that the key signed. `signs` is the kid that signs from now on. */
  revoke(kid: string): Promise<KeyRevocation & { signs: string }>
}

/** The brief's mode: HS256 with JWT_SECRET. There is nothing to publish and nothing to rotate. */
export function createSharedSecretKeys(jwtSecret: string): KeyRing {
  const key = createSecretKey(jwtSecret, 'utf8')
  // Tells two secrets apart; a guess of the secret is no easier from it than from any token.
  const kid = createHmac('sha256', key).update('sallyport kid').digest('base64url').slice(0, 11)
  const algorithm = 'HS256'
  return {
    signer: () => ({ kid, algorithm, key }),
    verifier: (wanted) => (wanted === kid ? { algorithm, key } : undefined),
    jwks: () => ({ keys: [] }),
    revokedKids: () => [],
    freshen: () => undefined,
    reload: async () => {},
    rotate: async () => {
      throw new Error(
        'JWT_SECRET signs the tokens and cannot be rotated here: set another JWT_SECRET and restart',
      )
    },
    revoke: async () => {
      throw new Error(
        'JWT_SECRET signs the tokens and cannot be revoked here: set another JWT_SECRET and restart, which ends every token',
      )
    },
  }
}
