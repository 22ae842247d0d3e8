import { randomBytes } from 'node:crypto'
import type { Discovery } from './discovery.ts'
import { type Fetch, fetchDocument, parseJson } from './fetch-document.ts'
import type { VerifyingKey } from './jws.ts'
import { type KeySet, readKeySet } from './key-set.ts'
import { lifetimeOf } from './lifetime.ts'
import { unavailable } from './refusal.ts'

/** Where keys come from: the issuer's JWKS, or a shared secret. */
export interface KeySource {
  /** At once for a key that is known and fresh. Rejects with a `Refused` of 503 while nothing can be said. */
  find(kid: string): VerifyingKey | undefined | Promise<VerifyingKey | undefined>
  /** What the feed says is published: a kid that is missing here is fetched. */
  expect(kids: readonly string[]): void
}

export type PublishedKeySettings = {
  jwksUri: () => Promise<string>
  discovery: Discovery
  fetch: Fetch
  signal: AbortSignal
  staleKeysForMs: number
}

/** How long no other fetch is made for the sake of kids that nobody knows: a flood of them is one fetch (F-KEY-04). */
const unknownKidCoolDownMs = 30_000
const failureCoolDownMs = 5_000
const firstLoadCoolDownMs = 1_000
const feedCoolDownMs = 1_000

/** The keys that the issuer publishes. Times are monotonic: a wall clock that jumps makes no key younger. */
export class PublishedKeys implements KeySource {
  readonly #settings: PublishedKeySettings
  /** Tells the issuer that these keys have been read, so that a new one may sign sooner. */
  readonly #reader: string = randomBytes(18).toString('base64url')
  #set: KeySet = { keys: new Map(), kids: new Set() }
  #loadedAt: number | undefined
  #freshMs = 0
  #revalidateMs = 0
  #failedAt: number | undefined
  #failure = 'it was never asked'
  #unknownAt = Number.NEGATIVE_INFINITY
  #feedAt = Number.NEGATIVE_INFINITY
  #feedWaitMs = feedCoolDownMs
  #loading: Promise<boolean> | undefined

  constructor(settings: PublishedKeySettings) {
    this.#settings = settings
  }

  find(kid: string): VerifyingKey | undefined | Promise<VerifyingKey | undefined> {
    if (this.#loadedAt === undefined) return this.#findFirst(kid)
    const key = this.#set.keys.get(kid)
    if (!key) return this.#findUnknown(kid)
    const age = performance.now() - this.#loadedAt
    return age <= this.#freshMs ? key : this.#findStale(kid, key, age)
  }

  expect(kids: readonly string[]): void {
    const missing = () => kids.some((kid) => !this.#set.kids.has(kid))
    if (!missing() || this.#loading || performance.now() - this.#feedAt < this.#feedWaitMs) return
    this.#feedAt = performance.now()
    void this.#load().then(() => {
      // A shared cache may hold the old list for its whole lifetime.
      this.#feedWaitMs = missing() ? Math.min(this.#feedWaitMs * 2, unknownKidCoolDownMs) : feedCoolDownMs
    })
  }

  async #findFirst(kid: string): Promise<VerifyingKey | undefined> {
    if (this.#isCoolingDown(firstLoadCoolDownMs)) throw this.#away()
    this.#unknownAt = performance.now()
    if (!(await this.#load())) throw this.#away()
    return this.#pick(kid)
  }

  async #findUnknown(kid: string): Promise<VerifyingKey | undefined> {
    const coolDown = this.#failedAt === undefined ? unknownKidCoolDownMs : failureCoolDownMs
    if (this.#loading) await this.#loading
    else if (performance.now() - this.#unknownAt >= coolDown) {
      this.#unknownAt = performance.now()
      await this.#load()
    }
    // While the issuer is away a kid may be new as well as false, and a 401 would sign somebody out.
    if (this.#failedAt !== undefined && !this.#set.keys.has(kid)) throw this.#away()
    return this.#pick(kid)
  }

  /** Within what the issuer allows, an old key is used and the list is read beside it (RFC 5861); after that it is read first. */
  #findStale(kid: string, key: VerifyingKey, age: number): VerifyingKey | Promise<VerifyingKey | undefined> {
    const isUsable = age <= this.#settings.staleKeysForMs
    const isAway = this.#failedAt !== undefined
    if (!isAway && age > this.#freshMs + this.#revalidateMs) return this.#findAfterLoad(kid, key, isUsable)
    if (!this.#isCoolingDown(failureCoolDownMs)) void this.#load()
    return isUsable ? key : Promise.reject(this.#away())
  }

  async #findAfterLoad(kid: string, key: VerifyingKey, isUsable: boolean): Promise<VerifyingKey | undefined> {
    if (await this.#load()) return this.#pick(kid)
    if (isUsable) return key
    throw this.#away()
  }

  #pick(kid: string): VerifyingKey | undefined {
    if (this.#set.keys.size > 0) return this.#set.keys.get(kid)
    throw unavailable(
      'no_keys',
      'The issuer publishes no key. If it signs with JWT_SECRET, give that as the option secret.',
    )
  }

  #isCoolingDown(milliseconds: number): boolean {
    return this.#failedAt !== undefined && performance.now() - this.#failedAt < milliseconds
  }

  #away() {
    return unavailable('issuer_away', `The keys of the issuer cannot be read: ${this.#failure}.`)
  }

  #load(): Promise<boolean> {
    this.#loading ??= this.#fetch().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #fetch(): Promise<boolean> {
    const { fetch, signal, jwksUri, discovery } = this.#settings
    try {
      const askedAt = performance.now()
      // Past shared caches: the list is read when it is due, or when a key is missing in the one that is here.
      const headers = { 'Sallyport-Reader': this.#reader, 'Cache-Control': 'no-cache' }
      const document = await fetchDocument(await jwksUri(), {
        ...{ fetch, signal, headers },
        ...{ maxBytes: 256_000, timeoutMs: 3_000 },
      })
      if (document.status !== 200) throw new Error(`the JWKS answers ${document.status}`)
      this.#set = await readKeySet(parseJson(document.text))
      const { freshMs, revalidateMs } = lifetimeOf(document)
      this.#freshMs = freshMs
      this.#revalidateMs = revalidateMs
      this.#loadedAt = askedAt
      this.#failedAt = undefined
      return true
    } catch (reason) {
      discovery.forget()
      this.#failedAt = performance.now()
      this.#failure = (reason as Error).message
      return false
    }
  }
}
