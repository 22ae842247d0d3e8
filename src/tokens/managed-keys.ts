import type { JWK } from 'jose'
import type { Clock } from '../utils/clock.ts'
import { endOfChain } from '../utils/key-chain.ts'
import { isRemembered, isRetired, type KeyTimes, leadOf, spentOf } from './key-lifetime.ts'
import {
  createKeyRecord,
  type LiveKey,
  openKeyRecord,
  type SigningAlgorithm,
  type SigningKeyRecord,
} from './key-record.ts'
import type { KeyRevocation, KeyRing, SigningKeyStore } from './signing-keys.ts'

export type ManagedKeyOptions = KeyTimes & {
  store: SigningKeyStore
  /** The first seals; any opens. */
  sealingKeys: [Buffer, ...Buffer[]]
  algorithm: SigningAlgorithm
  clock: Clock
  rotateEveryMs: number
  /** Milliseconds of a clock that nobody sets. */
  uptime?: () => number
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

/** Less than the second in which a revoked key has to be dead on every server (F-KEY-02). */
const freshForMs = 800

/**
 * How long this process has known a published key before it asks whether all have read it: by then every server has it too, and
 * whoever was given an older answer is noted. Servers read the keys twice a second.
 */
const settleMs = 3_000

class ManagedKeys implements KeyRing {
  readonly #options: ManagedKeyOptions
  readonly #uptime: () => number
  /** The good ones, oldest first; never empty once opened. */
  #keys: LiveKey[] = []
  #byKid = new Map<string, LiveKey>()
  /** Everything in the store, as it was at the last reading. */
  #records: SigningKeyRecord[] = []
  /** Every revoked kid that this process has ever seen: none comes back, whatever a store says later (I2). */
  readonly #dead = new Set<string>()
  #readAt = Number.NEGATIVE_INFINITY
  #freshening: { askedAt: number; reading: Promise<void> } | undefined
  #pending: { kid: string; seenAt: number } | undefined
  #lastTurn: Promise<unknown> = Promise.resolve()

  constructor(options: ManagedKeyOptions) {
    this.#options = options
    this.#uptime = options.uptime ?? (() => performance.now())
  }

  async open(): Promise<void> {
    await this.reload()
    // Another JWT_ALG, or a new first SESSION_SECRET, takes over the way of a rotation; the old secret can go once its key has gone.
    // Only a start does this: two processes with different settings would outdo each other at every reload.
    const fits = ({ record, sealedUnderFirst }: LiveKey) =>
      record.algorithm === this.#options.algorithm && sealedUnderFirst
    while (!fits(this.#newest())) await this.#inTurn(() => this.#add())
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

  revokedKids(): string[] {
    const now = this.#options.clock.now()
    return this.#records.filter((record) => isRemembered(record, this.#options, now)).map(({ kid }) => kid)
  }

  freshen(): Promise<void> | undefined {
    const now = this.#uptime()
    if (now - this.#readAt < freshForMs) return undefined
    // What a slow store was asked too long ago may be older than what the caller has to know.
    if (!this.#freshening || now - this.#freshening.askedAt >= freshForMs) {
      const reading = this.#inTurn(() => this.#read())
      // It may fail before anybody waits for it.
      reading.catch(() => {})
      this.#freshening = { askedAt: now, reading }
    }
    return this.#freshening.reading
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#read()
      await this.#activate()
      const { store, clock, rotateEveryMs } = this.#options
      const isOld = clock.now() - this.#newest().record.createdAt >= rotateEveryMs
      if (isOld && !this.#isPending()) await this.#add()
      const spent = spentOf(this.#records, (kid) => this.#byKid.has(kid), this.#options, clock.now())
      if (spent.length > 0) await store.remove(spent)
    })
  }

  rotate(leadMs = 0): Promise<{ kid: string; activeAt: number; added: boolean }> {
    return this.#inTurn(async () => {
      await this.#read()
      // Whoever comes second, here or in another process, gets the key of the first (A-RACE-19).
      const added = this.#isPending() ? false : await this.#add(leadMs)
      const { kid, activeAt } = this.#newest().record
      return { kid, activeAt, added }
    })
  }

  revoke(kid: string): Promise<KeyRevocation & { signs: string }> {
    return this.#inTurn(async () => {
      const { store, clock } = this.#options
      const revocation = await store.revoke(kid, clock.now(), await createKeyRecord(this.#options))
      await this.#read()
      return { ...revocation, signs: this.signer().kid }
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

  async #add(leadMs = 0): Promise<boolean> {
    const newest = this.#keys.at(-1)
    const last = endOfChain(this.#records)
    const place = last && {
      follows: last.kid,
      after: newest?.record.activeAt ?? 0,
      // With no good key left there is nothing to wait for.
      leadMs: newest ? leadOf(this.#options, leadMs) : 0,
    }
    const added = await this.#options.store.add(await createKeyRecord(this.#options, place))
    await this.#list()
    return added
  }

  async #read(): Promise<void> {
    await this.#list()
    if (this.#keys.length === 0) await this.#add()
    if (this.#keys.length === 0) throw new Error('The store holds no signing key that is good.')
  }

  async #list(): Promise<void> {
    const { store, sealingKeys, clock } = this.#options
    const startedAt = this.#uptime()
    this.#records = (await store.list()).toSorted((a, b) => a.activeAt - b.activeAt)
    for (const { kid, revokedAt } of this.#records) if (revokedAt !== null) this.#dead.add(kid)
    const good = this.#records.filter(({ kid }) => !this.#dead.has(kid))
    this.#keys = good
      .filter((_, index) => !isRetired(good[index + 1], this.#options, clock.now()))
      .map((record) => {
        const known = this.#byKid.get(record.kid)
        return known ? { ...known, record } : openKeyRecord(record, sealingKeys)
      })
    this.#byKid = new Map(this.#keys.map((key) => [key.record.kid, key]))
    this.#readAt = startedAt
  }

  /** Asks whether the next key may sign before its planned time. */
  async #activate(): Promise<void> {
    const { store, clock } = this.#options
    const now = clock.now()
    const next = this.#keys.find(({ record }) => record.activeAt > now)?.record
    if (next?.kid !== this.#pending?.kid) {
      this.#pending = next && { kid: next.kid, seenAt: this.#uptime() }
    }
    if (!this.#pending || this.#uptime() - this.#pending.seenAt < settleMs) return
    if (await store.activate(this.#pending.kid, now)) await this.#read()
  }
}
