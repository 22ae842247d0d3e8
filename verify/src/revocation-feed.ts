import { EndedSessions } from './ended-sessions.ts'
import { ConnectionLost, type Fetch, fetchDocument } from './fetch-document.ts'
import type { KeySource } from './published-keys.ts'
import { type RevocationStatement, readStatement } from './revocation-statement.ts'
import { type Said, ServerClocks } from './server-clocks.ts'
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
  readonly #ended: EndedSessions = new EndedSessions()
  readonly #revokedKids: Set<string> = new Set()
  #cursor: number | undefined
  readonly #clocks: ServerClocks = new ServerClocks()
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
    if (mayWait) return this.#waitFor(maxAgeMs, token)
    if (isAsleep) this.#schedule(0)
    return state
  }

  /** What is known of a token's session and key. That a session has ended stays true however old the statement is. */
  judge({ sessionMark, kid }: SeenToken): 'key_revoked' | 'session_over' | undefined {
    if (this.#revokedKids.has(kid)) return 'key_revoked'
    return this.#ended.has(sessionMark) ? 'session_over' : undefined
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  async #waitFor(maxAgeMs: number, token: SeenToken): Promise<FeedState> {
    await this.#poll()
    // An answer that lay there unread while this process was busy came to nothing: it was asked for too long ago.
    if (this.#stateNow(maxAgeMs, token) === 'silent' && this.#mayAsk()) await this.#poll()
    return this.#stateNow(maxAgeMs, token)
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
    if (this.#polling) return this.#polling
    this.#polledAt = performance.now()
    this.#polling = this.#readAll().finally(() => {
      this.#polling = undefined
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
      const pages: Said[] = []
      while (pages.length < maxPages) {
        const askedAt = performance.now()
        const { source, now, more } = await this.#readPage(this.#cursor)
        this.#failure = undefined
        pages.push({ source, now })
        if (more) continue
        // What was said before makes nothing newer known, whoever kept it: a cache, or somebody who wants a session to live on.
        if (this.#clocks.isNews(pages)) this.#freshAt = askedAt
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
    const ask = () => fetchDocument(url.href, { fetch, signal, headers, ...limits })
    const { status, text } = await ask().catch((reason) => {
      // The issuer may have closed a kept connection while this process was busy: that is no silence (RFC 9112 9.3.1).
      if (reason instanceof ConnectionLost) return ask()
      throw reason
    })
    if (status !== 200) throw new Error(`the feed answers ${status}`)
    const statement = await readStatement(text, issuer, keys, this.#revokedKids)
    // Before its time and place: what is signed to have ended has ended, whatever else is wrong.
    this.#ended.add(statement.ended, this.#holdMs)
    for (const revoked of statement.revokedKids) this.#revokedKids.add(revoked)
    this.#checkPlace(statement, cursor)
    this.#cursor = statement.next
    keys.expect(statement.publishedKids)
    return statement
  }

  #checkPlace({ now, exp, since, next, more }: RevocationStatement, cursor: number | undefined): void {
    const here = this.#settings.now()
    if (Math.abs(now - here) > clockLeewayMs || exp * 1_000 + clockLeewayMs < here) {
      throw new Error('the statement is over a minute old, or from the future: replayed, or a clock is wrong')
    }
    if (more && next <= (cursor ?? since)) throw new Error('the pages do not go on')
    const looksBackMs = now - since
    if (cursor === undefined) this.#windowMs = looksBackMs
    else if (since > cursor) {
      // Only what is older than its window may be left out, and where that begins each server cuts at a minute of its own.
      if (looksBackMs < this.#windowMs - clockLeewayMs) {
        throw new Error('the statement begins later than what was asked')
      }
      this.#windowMs = Math.min(this.#windowMs, looksBackMs)
    }
    this.#holdMs = Math.max(this.#holdMs, this.#windowMs)
  }
}
