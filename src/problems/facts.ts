/**
 * What is known of a refused request: kinds, names and times, and never a value that could be a secret. Text of the request that is
 * repeated to people is in here only where its shape was checked (middleware/facts.ts).
 */
export type Facts = {
  /** ms */
  now: number
  request: RequestFacts
  route: RouteFacts
  /** `undefined` where nothing has read it. */
  body: BodyFacts | undefined
  cookie: CookieFacts
  session: SessionFacts
  authorization: AuthorizationFacts
  /** Of an Authorization header that holds a JWT: what it says, which nobody has verified. */
  token: TokenFacts | undefined
  settings: SettingFacts
  told: ToldFacts
  /** Only development remembers other requests. */
  recalled: RecalledFacts | undefined
}

export type RequestFacts = {
  method: string
  /** Without the port: cookies don't know ports. `undefined` where it is no name. */
  host: string | undefined
  scheme: 'http' | 'https'
  origin: { text: string; isOwn: boolean; isListed: boolean } | undefined
  /** Sec-Fetch-Site */
  site: string | undefined
  contentType: 'json' | 'form' | 'text' | 'other' | undefined
  isCompressed: boolean
  hasBody: boolean
  /** Content-Length, in bytes. */
  length: number | undefined
  /** The query has a member that is named as a token is. */
  hasTokenInQuery: boolean
  isPreflight: boolean
}

export type RouteFacts = {
  isKnown: boolean
  reads: 'nothing' | 'session' | 'token' | 'session or token' | 'client'
  /** Of this path. */
  methods: string[]
  nearest: NearRoute | undefined
}

export type NearRoute = {
  method: string
  path: string
  because: 'slash' | 'case' | 'prefix' | 'spelling'
  /** What was asked for, where it can be repeated. */
  asked: string | undefined
}

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

export type BodyFacts = {
  kind: JsonKind | 'unreadable'
  /** Of one that is not JSON. */
  looksLike:
    | 'form'
    | 'single_quotes'
    | 'bare_names'
    | 'trailing_comma'
    | 'cut_off'
    | 'markup'
    | 'object_text'
    | 'other'
    | undefined
  /** Members that some route of ours has. */
  members: Partial<Record<string, JsonKind>>
  /** Members under another name than ours. */
  misnamed: { sent: string; meant: string }[]
  otpDigits: number | undefined
  refreshToken: 'refresh' | 'jwt' | 'other' | undefined
  /** Letters and digits of `code`. */
  codeLength: number | undefined
  hasToken: boolean
}

export type CookieFacts = {
  name: string
  /** Whether any cookie came. */
  hasHeader: boolean
  /** `unread`: the signature is good, and this route does not ask whose session it is. */
  verdict: 'none' | 'unsigned' | 'bad_signature' | 'unknown' | 'ended' | 'duplicate' | 'ok' | 'unread'
  /** One came under the name that it has on the other of http and https. */
  hasOtherName: boolean
}

export type SessionFacts = {
  stage: 'anonymous' | 'otp_pending' | 'verified' | 'ended'
  purpose: string | undefined
  /** ms */
  endedAt: number | undefined
  hasCode: boolean
}

export type AuthorizationFacts = {
  /** How many of these headers came. */
  count: number
  scheme: 'Bearer' | 'Basic' | 'Digest' | 'JWT' | 'Token' | 'none' | 'other' | undefined
  isQuoted: boolean
  holds:
    | 'nothing'
    | 'jwt'
    | 'literal'
    | 'placeholder'
    | 'session_id'
    | 'cookie'
    | 'digits'
    | 'refresh_token'
    | 'several'
    | 'other'
}

export type TokenFacts = {
  parts: number
  isReadable: boolean
  algorithm: string | undefined
  type: string | undefined
  issuer: string | undefined
  audience: string | undefined
  /** Of the key that `kid` names, where it is one of ours. */
  keyAlgorithm: string | undefined
  ourAlgorithm: string
  /** Seconds since the epoch. */
  expiresAt: number | undefined
  issuedAt: number | undefined
}

export type SettingFacts = {
  publicUrl: string
  audience: string
  otpLength: number
  otpTtlMs: number
  accessTokenTtlMs: number
  stepUpTtlMs: number
  refreshGraceMs: number
  sessionIdleTtlMs: number
  sessionTtlMs: number
  otpResendAfterMs: number
}

/** What the step or guard that refused says itself. */
export type ToldFacts = {
  cause: string | undefined
  detail: string | undefined
  fix: string | undefined
  reason: string | undefined
  retryAfterSeconds: number | undefined
  /** Members of the body that broke a rule. */
  fields: string[]
  failing: string[]
}

export type RecalledFacts = {
  runningForSeconds: number
  /** The newest session cookie that this client was given. */
  given: { secondsAgo: number; host: string } | undefined
  /** The same, at the host of this request. */
  wasGivenHere: boolean
  /** The cookie of this request was given out by this process. */
  isCookieKnown: boolean
  /** The login that the code of this request belongs to. Times in ms. */
  codeOf: { whose: 'older' | 'other'; openedAt: number } | undefined
  /** ms; when the login of this session was. */
  openedAt: number | undefined
  reuse: { isOtherClient: boolean; secondsSinceRotation: number } | undefined
}
