import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import type { Clock } from '../utils/clock.ts'
import {
  createKeyRecord,
  type LiveKey,
  openKeyRecord,
  type SigningAlgorithm,
  type SigningKeyRecord,
} from './key-record.ts'

export type { SigningAlgorithm, SigningKeyRecord }

export interface SigningKeyStore {
  list(): Promise<SigningKeyRecord[]>
  /** false when another key already follows the same one */
  add(record: SigningKeyRecord): Promise<boolean>
  remove(kids: string[]): Promise<void>
}

/** The keys of an installation, in memory. Every key has one algorithm, fixed when it was made (ASVS 9.1.2). */
export interface KeyRing {
  signer(): { kid: string; algorithm: string; key: KeyObject }
  verifier(kid: string): { algorithm: string; key: KeyObject } | undefined
  /** Public members only (A-JWT-22). */
  jwks(): { keys: JWK[] }
  /** Follows what other processes did to the store. When it rejects, the ring stays as it was. */
  reload(): Promise<void>
  rotate(): Promise<{ kid: string; activeAt: number; added: boolean }>
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
    reload: async () => {},
    rotate: async () => {
      throw new Error(
        'JWT_SECRET signs the tokens and cannot be rotated here: set another JWT_SECRET and restart',
      )
    },
  }
}

export type ManagedKeyOptions = {
  store: SigningKeyStore
  /** The first seals; any opens. */
  sealingKeys: [Buffer, ...Buffer[]]
  algorithm: SigningAlgorithm
  clock: Clock
  accessTokenTtlMs: number
  jwksMaxAgeMs: number
  rotateEveryMs: number
}

/**
 * Asymmetric keys that look after themselves: made on first use, sealed in the store, published before they sign (F-KEY-01)
 * and kept until the last token they signed has expired. Throws `SigningKeyLocked` when no sealing key opens a stored one.
 */
export async function openManagedKeys(options: ManagedKeyOptions): Promise<KeyRing> {
  const keys = new ManagedKeys(options)
  await keys.open()
  return keys
}

/** How far the clocks of two servers may be apart (F-CLOCK-02). */
const clockLeewayMs = 60_000

class ManagedKeys implements KeyRing {
  readonly #options: ManagedKeyOptions
  /** Oldest first; never empty once opened. */
  #keys: LiveKey[] = []
  #byKid = new Map<string, LiveKey>()
  #lastTurn: Promise<unknown> = Promise.resolve()

  constructor(options: ManagedKeyOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    await this.reload()
    // Another JWT_ALG, or a new first SESSION_SECRET, takes over the way of a rotation; the old secret can go once its key has gone.
    // Only a start does this: two processes with different settings would outdo each other at every reload.
    const fits = ({ record, sealedUnderFirst }: LiveKey) =>
      record.algorithm === this.#options.algorithm && sealedUnderFirst
    while (!fits(this.#newest())) await this.#inTurn(() => this.#add(this.#newest().record))
  }

  signer(): LiveKey['signer'] {
    const now = this.#options.clock.now()
    const active = this.#keys.findLast(({ record }) => record.activeAt <= now)
    // None is active when the clock went back: then the key that has been published longest signs.
    return (active ?? (this.#keys[0] as LiveKey)).signer
  }

  verifier(kid: string): LiveKey['verifier'] | undefined {
    return this.#byKid.get(kid)?.verifier
  }

  jwks(): { keys: JWK[] } {
    return { keys: this.#keys.map(({ jwk }) => ({ ...jwk })) }
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#read()
      const { createdAt } = this.#newest().record
      const isOld = this.#options.clock.now() - createdAt >= this.#options.rotateEveryMs
      if (isOld && !this.#isPending()) await this.#add(this.#newest().record)
    })
  }

  rotate(): Promise<{ kid: string; activeAt: number; added: boolean }> {
    return this.#inTurn(async () => {
      await this.#read()
      // Whoever comes second, here or in another process, gets the key of the first (A-RACE-19).
      const added = this.#isPending() ? false : await this.#add(this.#newest().record)
      const { kid, activeAt } = this.#newest().record
      return { kid, activeAt, added }
    })
  }

  #newest(): LiveKey {
    return this.#keys.at(-1) as LiveKey
  }

  #isPending(): boolean {
    return this.#newest().record.activeAt > this.#options.clock.now()
  }

  /** One at a time: an older list must not overwrite a newer one, or a removed key would come back (I2). */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#lastTurn.then(work)
    this.#lastTurn = turn.catch(() => {})
    return turn
  }

  async #add(predecessor: SigningKeyRecord | undefined): Promise<boolean> {
    const added = await this.#options.store.add(await createKeyRecord(this.#options, predecessor))
    await this.#read()
    return added
  }

  async #read(): Promise<void> {
    const { store, sealingKeys, clock, accessTokenTtlMs } = this.#options
    const records = (await store.list()).toSorted((a, b) => a.activeAt - b.activeAt)
    if (records.length === 0) {
      await this.#add(undefined)
      return
    }
    const lastUseMs = accessTokenTtlMs + clockLeewayMs
    const isRetired = (_: SigningKeyRecord, index: number) =>
      clock.now() >= (records[index + 1]?.activeAt ?? Number.POSITIVE_INFINITY) + lastUseMs
    const retired = records.filter(isRetired)
    this.#keys = records
      .filter((record) => !retired.includes(record))
      .map((record) => this.#byKid.get(record.kid) ?? openKeyRecord(record, sealingKeys))
    this.#byKid = new Map(this.#keys.map((key) => [key.record.kid, key]))
    if (retired.length > 0) await store.remove(retired.map(({ kid }) => kid))
  }
}
