import { catalogue, type ProblemCode } from './catalogue.ts'
import type { Cause } from './causes.ts'

/** What a refusal says beyond its catalogue entry. Everything here reaches the caller. */
export type ProblemDetails = {
  /** One sentence about this occurrence. */
  detail?: string
  /** Replaces the catalogue's `fix` where the observed cause allows a better one. */
  fix?: string
  /** The cause, where whoever refuses knows it best; all others are observed when the refusal is written. */
  cause?: Cause
  /** Seconds; becomes the `Retry-After` header. */
  retryAfterSeconds?: number
  /** Further response headers, such as `Allow` or `WWW-Authenticate`. */
  headers?: Record<string, string>
  /** Members that belong to one code: `attemptsLeft`, `reason`, `errors`. */
  extra?: Record<string, unknown>
}

/** A refusal from the catalogue. Thrown by any room, written to HTTP by one writer (middleware/problem.ts). */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly details: ProblemDetails

  /** @param reason what really happened, for the log only */
  constructor(code: ProblemCode, details: ProblemDetails = {}, reason?: unknown) {
    super(details.detail ?? catalogue[code].title, reason === undefined ? {} : { cause: reason })
    this.name = 'Problem'
    this.code = code
    this.details = details
  }

  get status(): number {
    return catalogue[this.code].status
  }
}
