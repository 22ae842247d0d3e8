/** Which refusal it is, in the names of Sallyport's catalogue; `insufficient_scope` is RFC 6750's own. */
export type ProblemCode =
  | 'bearer_missing'
  | 'invalid_request'
  | 'token_invalid'
  | 'token_expired'
  | 'insufficient_scope'
  | 'reauth_required'
  | 'service_unavailable'

/** Why a request is refused, before it is put into the words of HTTP. */
export type Refusal = {
  code: ProblemCode
  /** One word of a closed list, for logs and for development. */
  cause: string
  /** One sentence, for development. */
  detail: string
  /** What the token says, and what the options want. */
  differs?: { claim: string; got: unknown; wanted: unknown }
  /** Seconds; asks for a newer login (RFC 9470). */
  maxAgeSeconds?: number
  /** The scope that is missing, in RFC 6750's spelling. */
  scope?: string
}

/** Carries a refusal out of the depth of a check. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.detail)
    this.name = 'Refused'
    this.refusal = refusal
  }
}

export function invalidToken(cause: string, detail: string, differs?: Refusal['differs']): Refused {
  return new Refused({ code: 'token_invalid', cause, detail, ...(differs ? { differs } : {}) })
}

/** Nothing can be said about the token now: neither that it is good nor that it is bad. */
export function unavailable(cause: string, detail: string): Refused {
  return new Refused({ code: 'service_unavailable', cause, detail })
}
