import type { Fetch } from './fetch-document.ts'
import type { ClaimRules } from './policy.ts'
import type { Secret } from './secret-keys.ts'

/** Durations are `'10m'`, `'30s'`, `'24h'`, or numbers of seconds. */
export type VerifyOptions = {
  /** PUBLIC_URL of the Sallyport server, byte for byte as in the claim `iss`. */
  issuer: string
  /** TOKEN_AUDIENCE of the server: one of these has to be in `aud`. The issuer unless given, as it is there. */
  audience?: string | readonly string[]
  /** Methods that the login has to have used, all of them: `['otp']`. */
  amr?: readonly string[]
  /** How long ago the login may be: `'10m'`. */
  maxAge?: string | number
  /** The account's own claims: exact values or tests, `{ role: 'admin', level: (value) => Number(value) > 3 }`. */
  claims?: ClaimRules
  /** Words that the claim `scope` has to have, all of them. */
  scope?: string | readonly string[]
  /** How much later than `exp` a token is still good, 60 s at most. Default `'5s'`; the future has 60 s always. */
  clockTolerance?: string | number
  /** The answer to a request without a token: 401 (RFC 6750), or 403 as Sallyport's own `/auth/protected` has it. */
  missingStatus?: 401 | 403
  /** Names what is protected, in `WWW-Authenticate`. The issuer unless given. */
  realm?: string
  /** JWT_SECRET of an installation that signs with it: HS256 and no other key then. Several while you change it. */
  secret?: Secret | readonly Secret[]
  /** The addresses at the issuer, where its metadata doesn't say them or can't be reached at its root. */
  jwksUri?: string
  revocationsUri?: string
  checkUri?: string
  /** Allows http: to other machines than this one. For a network that is yours alone. */
  allowHttp?: boolean
  /** How long known keys are used while the issuer cannot be reached. Default `'24h'`. */
  staleKeysFor?: string | number
  /**
   * Whether the session behind a token is asked for. `'none'`: a token is good until it expires. `'feed'`: it dies within 2 s of
   * the logout, by the revocation feed. `'session'`: the issuer is asked about each token, every `sessionMaxAge`.
   */
  liveness?: 'none' | 'feed' | 'session'
  /** How old the newest statement of the feed may be. Default `'5s'`. */
  feedMaxAge?: string | number
  /** What happens when it is older: `'refuse'` with 503 (default), or `'accept'` as if liveness were none. */
  whenFeedIsSilent?: 'refuse' | 'accept'
  /** How long an answer of the issuer about a session holds. Default `'2s'`. */
  sessionMaxAge?: string | number
  /** Your own fetch, for a proxy or a client certificate. It must not follow redirects. */
  fetch?: Fetch
  /** Names in each refusal what differed, with what was got and wanted. Default: unless NODE_ENV is production. */
  development?: boolean
  /** Milliseconds since the epoch. For tests. */
  now?: () => number
}
