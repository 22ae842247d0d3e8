import { BoundedMap } from './bounded-map.ts'
import { type Fetch, fetchDocument, parseJson } from './fetch-document.ts'
import { isRecord } from './jws.ts'

/** What has ended stays so; `refused` is any other 401, which may be of the moment, or of a proxy. */
export type SessionAnswer = 'alive' | 'session_over' | 'key_revoked' | 'refused' | 'unknown'

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
  readonly #asking: Map<string, { answer: Promise<SessionAnswer>; askedAt: number }> = new Map()

  constructor(settings: SessionCheckSettings) {
    this.#settings = settings
  }

  /** Of a question of at most `maxAgeMs` ago, else asked: once, by however many requests with this token. */
  answer(token: string, digest: string, maxAgeMs: number): SessionAnswer | Promise<SessionAnswer> {
    const now = performance.now()
    const known = this.#known.get(digest)
    if (known && (isFinal(known.answer) || now - known.askedAt < maxAgeMs)) return known.answer
    const running = this.#asking.get(digest)
    if (running && now - running.askedAt < maxAgeMs) return running.answer
    const asking = { answer: this.#ask(token, digest, now), askedAt: now }
    this.#asking.set(digest, asking)
    void asking.answer.then(() => {
      if (this.#asking.get(digest) === asking) this.#asking.delete(digest)
    })
    return asking.answer
  }

  async #ask(token: string, digest: string, askedAt: number): Promise<SessionAnswer> {
    const answer = await this.#read(token).catch(() => 'unknown' as const)
    const known = this.#known.get(digest)
    // Questions may overtake each other: what was asked later is newer, whichever answer comes first.
    const isNewest = !known || (askedAt > known.askedAt && !isFinal(known.answer))
    if (isFinal(answer) || (isNewest && answer !== 'unknown')) this.#known.set(digest, { answer, askedAt })
    return answer
  }

  async #read(token: string): Promise<SessionAnswer> {
    const { fetch, signal, address } = this.#settings
    const headers = { Authorization: `Bearer ${token}` }
    const limits = { maxBytes: 64_000, timeoutMs: 3_000 }
    const { status, text } = await fetchDocument(await address(), { fetch, signal, headers, ...limits })
    if (status === 204 || status === 200) return 'alive'
    // Only a 401 is an answer; whatever else is, signs nobody out.
    return status === 401 ? readRefusal(text) : 'unknown'
  }
}

function isFinal(answer: SessionAnswer): boolean {
  return answer === 'session_over' || answer === 'key_revoked'
}

function readRefusal(text: string): SessionAnswer {
  try {
    const problem = parseJson(text)
    const cause = isRecord(problem) && problem.code === 'token_invalid' ? problem.cause : undefined
    return cause === 'session_over' || cause === 'key_revoked' ? cause : 'refused'
  } catch {
    return 'refused'
  }
}
