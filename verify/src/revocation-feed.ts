import { type Fetch, fetchDocument } from './fetch-document.ts'
import type { KeySource } from './published-keys.ts'
import { type RevocationStatement, readStatement } from './revocation-statement.ts'
import type { SeenToken } from './token.ts'

export type FeedSettings = {
  issuer: string
  /** Where the feed is. */
  address: () => Promise<string>
  keys: KeySource
  fetch: Fetch
  signal: AbortSignal
  now: () => number
}

/** `too_short`: the issuer looks back less far than this token lives, so that its session could have ended unseen. */
export type FeedState = 'fresh' | 'silent' | 'too_short'

const pollEveryMs = 750
const lookBackEveryMs = 1_000
/** Without a question for so long it sleeps, and refreshes before the next answer. */
const sleepAfterMs = 60_000
const clockLeewayMs = 60_000
const maxPages = 200

/**
 * Which sessions have ended, and which keys were revoked, as the issuer states it every 750 ms. How old the newest statement is, is
 * measured on the monotonic clock from the moment that it was asked for: it may only be older than it seems.
 */
export class RevocationFeed {
  readonly #settings: FeedSettings
  /** Two generations, each as long as a token can live: an entry is held for at least one. */
  #ended: Set<string> = new Set()
  #endedBefore: Set<string> = new Set()
  #turnedAt: number = performance.now()
  readonly #revokedKids: Set<string> = new Set()
  #cursor: number | undefined
  #lastNow = 0
  #freshAt = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #polledAt = Number.NEGATIVE_INFINITY
  #lookedBackAt = Number.NEGATIVE_INFINITY
  /** How far back the issuer answers; 0 until it was asked without a cursor. */
  #windowMs = 0
  #holdMs = 0
  #failure: string | undefined
  #polling: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(settings: FeedSettings) {
    this.#settings = settings
  }

  /** Why nothing newer is known; `undefined` after a good poll. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Whether it is known what ended until `maxAgeMs` ago. At once unless it has slept. */
  state(maxAgeMs: number, token: SeenToken): FeedState | Promise<FeedState> {
    this.#askedAt = performance.now()
    const isAsleep = !this.#timer && !this.#polling
    const state = this.#stateNow(isAsleep ? Math.min(maxAgeMs, pollEveryMs) : maxAgeMs, token)
    const mayWait = state === 'silent' ? this.#mayAsk() : state === 'too_short' && this.#mayLookBack()
    if (mayWait) return this.#poll().then(() => this.#stateNow(maxAgeMs, token))
    if (isAsleep) this.#schedule(0)
    return state
  }

  /** What is known of a token's session and key. That a session has ended stays true however old the statement is. */
  judge({ sessionMark, kid }: SeenToken): 'key_revoked' | 'session_over' | undefined {
    if (this.#revokedKids.has(kid)) return 'key_revoked'
    return this.#ended.has(sessionMark) || this.#endedBefore.has(sessionMark) ? 'session_over' : undefined
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** While it fails, or says nothing new, nobody waits for it: requests would pile up, and so would questions. */
  #mayAsk(): boolean {
    if (this.#polling) return true
    return this.#failure === undefined && performance.now() - this.#polledAt >= pollEveryMs
  }

  #stateNow(maxAgeMs: number, { iat, exp }: SeenToken): FeedState {
    if (performance.now() - this.#freshAt > maxAgeMs) return 'silent'
    return (exp - iat) * 1_000 + clockLeewayMs > this.#windowMs ? 'too_short' : 'fresh'
  }

  /** The issuer may live by a longer ACCESS_TOKEN_TTL since it was last asked without a cursor. */
  #mayLookBack(): boolean {
    if (performance.now() - this.#lookedBackAt < lookBackEveryMs) return false
    this.#lookedBackAt = performance.now()
    this.#cursor = undefined
    return true
  }

  #schedule(milliseconds: number): void {
    if (this.#settings.signal.aborted) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#poll()
    }, milliseconds)
    this.#timer.unref?.()
  }

  #poll(): Promise<void> {
    this.#polling ??= this.#readAll().finally(() => {
      this.#polling = undefined
      this.#polledAt = performance.now()
      const isAsked = performance.now() - this.#askedAt < sleepAfterMs
      if (isAsked) this.#schedule(pollEveryMs)
      // Asleep, a failure of before says nothing of the next question.
      else this.#failure = undefined
    })
    return this.#polling
  }

  async #readAll(): Promise<void> {
    try {
      // After a sleep longer than the issuer looks back, the old cursor says nothing any more.
      if (this.#settings.now() - (this.#cursor ?? 0) > this.#windowMs - clockLeewayMs)
        this.#cursor = undefined
      for (let page = 0; page < maxPages; page++) {
        const askedAt = performance.now()
        const statement = await this.#readPage(this.#cursor)
        this.#failure = undefined
        // A statement that was seen before, or an older one, makes nothing newer known, whoever kept it: a cache, a server whose
        // clock is behind, or somebody who wants a session to live on.
        if (statement.now < this.#lastNow) return
        this.#keep(statement)
        if (statement.more) continue
        if (statement.now > this.#lastNow) this.#freshAt = askedAt
        this.#lastNow = statement.now
        return
      }
      throw new Error(`it has more than ${maxPages} pages`)
    } catch (reason) {
      this.#failure = (reason as Error).message
      // Whatever was wrong with the cursor or the window, the next question starts from nothing.
      this.#cursor = undefined
    }
  }

  async #readPage(cursor: number | undefined): Promise<RevocationStatement> {
    const { issuer, address, keys, fetch, signal } = this.#settings
    const url = new URL(await address())
    if (cursor !== undefined) url.searchParams.set('since', String(cursor))
    const headers = { Accept: 'application/jwt' }
    const limits = { maxBytes: 16_000_000, timeoutMs: 2_000 }
    const { status, text } = await fetchDocument(url.href, { fetch, signal, headers, ...limits })
    if (status !== 200) throw new Error(`the feed answers ${status}`)
    const statement = await readStatement(text, issuer, keys, this.#revokedKids)
    this.#checkPlace(statement, cursor)
    return statement
  }

  #checkPlace({ now, since, next, more }: RevocationStatement, cursor: number | undefined): void {
    if (Math.abs(now - this.#settings.now()) > clockLeewayMs) {
      throw new Error('the statement is over a minute old, or from the future: replayed, or a clock is wrong')
    }
    if (more && next <= (cursor ?? since)) throw new Error('the pages do not go on')
    if (cursor !== undefined && since > Math.max(cursor, now - this.#windowMs)) {
      throw new Error('the statement begins later than what was asked')
    }
    if (cursor === undefined) {
      this.#windowMs = now - since
      this.#holdMs = Math.max(this.#holdMs, this.#windowMs)
    }
  }

  #keep({ ended, revokedKids, publishedKids, next }: RevocationStatement): void {
    if (performance.now() - this.#turnedAt > this.#holdMs) {
      this.#endedBefore = this.#ended
      this.#ended = new Set()
      this.#turnedAt = performance.now()
    }
    for (const mark of ended) this.#ended.add(mark)
    for (const kid of revokedKids) this.#revokedKids.add(kid)
    this.#cursor = next
    this.#settings.keys.expect(publishedKids)
  }
}
