import { BoundedMap } from './bounded-map.ts'
import { type Fetch, fetchDocument } from './fetch-document.ts'

export type SessionAnswer = 'alive' | 'over' | 'unknown'

export type SessionCheckSettings = {
  address: () => Promise<string>
  fetch: Fetch
  signal: AbortSignal
}

/** Asks the issuer whether the session of a token is alive: GET /auth/check, with that token. */
export class SessionChecks {
  readonly #settings: SessionCheckSettings
  /** By digest, so that a heap dump holds no tokens. */
  readonly #known: BoundedMap<string, { answer: SessionAnswer; askedAt: number }> = new BoundedMap(10_000)
  readonly #asking: Map<string, Promise<SessionAnswer>> = new Map()

  constructor(settings: SessionCheckSettings) {
    this.#settings = settings
  }

  /** Of at most `maxAgeMs` ago, else asked: once, by however many requests with this token. */
  answer(token: string, digest: string, maxAgeMs: number): SessionAnswer | Promise<SessionAnswer> {
    const known = this.#known.get(digest)
    // What has ended stays so.
    if (known && (known.answer === 'over' || performance.now() - known.askedAt < maxAgeMs))
      return known.answer
    const asking = this.#asking.get(digest) ?? this.#ask(token, digest)
    this.#asking.set(digest, asking)
    return asking
  }

  async #ask(token: string, digest: string): Promise<SessionAnswer> {
    const askedAt = performance.now()
    try {
      const answer = await this.#read(token)
      if (answer !== 'unknown') this.#known.set(digest, { answer, askedAt })
      return answer
    } catch {
      return 'unknown'
    } finally {
      this.#asking.delete(digest)
    }
  }

  async #read(token: string): Promise<SessionAnswer> {
    const { fetch, signal, address } = this.#settings
    const headers = { Authorization: `Bearer ${token}` }
    const limits = { maxBytes: 64_000, timeoutMs: 3_000 }
    const { status } = await fetchDocument(await address(), { fetch, signal, headers, ...limits })
    if (status === 204 || status === 200) return 'alive'
    // Only a 401 is an answer; whatever else is, signs nobody out.
    return status === 401 ? 'over' : 'unknown'
  }
}
