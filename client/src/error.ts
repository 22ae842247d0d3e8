/** What a program does about an error; `code` is for those who want to be exact. */
export type ErrorKind = 'refused' | 'rate-limited' | 'unavailable' | 'offline' | 'config' | 'bug'

/** The codes of the server (docs/errors.md) and the client's own; open at the end, since servers are newer than clients. */
export type ErrorCode =
  | 'bearer_missing'
  | 'cross_site_request'
  | 'email_taken'
  | 'internal'
  | 'invalid_credentials'
  | 'invalid_request'
  | 'mailed_code_invalid'
  | 'malformed_json'
  | 'not_found'
  | 'otp_attempts_exhausted'
  | 'otp_expired'
  | 'otp_invalid'
  | 'otp_locked'
  | 'otp_not_pending'
  | 'otp_required'
  | 'otp_resend_too_soon'
  | 'password_rejected'
  | 'payload_too_large'
  | 'rate_limited'
  | 'reauth_required'
  | 'refresh_invalid'
  | 'refresh_reused'
  | 'registration_closed'
  | 'service_unavailable'
  | 'session_ended'
  | 'session_missing'
  | 'token_expired'
  | 'token_invalid'
  | 'unsupported_media_type'
  | 'wrong_method'
  // The client's own:
  | 'cookie_lost'
  | 'cors'
  | 'disposed'
  | 'not_sallyport'
  | 'offline'
  | 'other_host'
  | 'superseded'
  | 'timeout'
  | (string & {})

type Told = {
  /** Of the answer; 0 where none came. */
  status?: number
  cause?: string | undefined
  fix?: string | undefined
  /** Seconds. */
  retryAfter?: number | undefined
  flowId?: string | undefined
  details?: Record<string, unknown>
}

/** The one error that this package throws. */
export class SallyportError extends Error {
  declare readonly kind: ErrorKind
  declare readonly code: ErrorCode
  /** Of the answer; 0 where none came. */
  declare readonly status: number
  /** The observed cause, as the server names it. */
  declare readonly cause: string | undefined
  /** What to change, in one sentence. */
  declare readonly fix: string | undefined
  /** Seconds. */
  declare readonly retryAfter: number | undefined
  /** The support code. */
  declare readonly flowId: string | undefined
  /** The whole refusal: `attemptsLeft`, `errors`, `reason`, ... */
  declare readonly details: Record<string, unknown>

  constructor(kind: ErrorKind, code: ErrorCode, message: string, told: Told = {}) {
    super(message)
    Object.assign(this, { name: 'SallyportError', kind, code, status: 0, details: {} }, told)
  }
}

/** By its name, so that two copies of this package know each other's errors. */
export function isSallyportError(thrown: unknown): thrown is SallyportError {
  return (thrown as Error)?.name === 'SallyportError'
}

/** Whether the server itself said that nobody is signed in. Nothing else signs out (429, 5xx, offline and timeouts never do). */
export function isSessionOver({ kind, code }: SallyportError): boolean {
  return kind === 'refused' && /^(session_(missing|ended)|refresh_(invalid|reused))$/.test(code)
}

/** Whether to go on with what one has and to try again later: also when a token store or a `fetch` of one's own failed. */
export function isPassing({ kind }: SallyportError): boolean {
  return kind !== 'refused'
}

export function configError(code: ErrorCode, message: string, fix: string, status = 0): SallyportError {
  return new SallyportError('config', code, message, { fix, status })
}

/** What this client refuses by itself. `superseded`: a logout, another login or dispose() has overtaken it. */
export function refusedHere(code: ErrorCode, status = 0): SallyportError {
  return new SallyportError('refused', code, code, { status })
}

/** What answered is something else: a page of a development server, another API. */
export function notSallyport(message: string, status?: number): SallyportError {
  return configError('not_sallyport', message, "Let `url` be Sallyport's /auth, or proxy /auth to it", status)
}

/** The refusal in an answer that was not a success. `said` is its JSON, or undefined where it had none. */
export function errorOfReply({ status, headers }: Reply, url: string, said: unknown): SallyportError {
  const details = (said ?? {}) as Record<string, string | undefined>
  // Proxies know no codes: theirs are 429 and 5xx.
  const {
    code = status > 428 ? 'service_unavailable' : undefined,
    cause,
    fix,
    detail = url,
    instance,
  } = details
  if (!code) return notSallyport(`${url}: ${status} ${headers.get('content-type')}`, status)
  return new SallyportError(kindOf(status, code), code, detail, {
    ...{ status, cause, fix, details },
    retryAfter: Number(headers.get('retry-after')) || undefined,
    flowId: headers.get('x-flow-id') ?? instance,
  })
}

type Reply = Pick<Response, 'status' | 'headers'>

function kindOf(status: number, code: string): ErrorKind {
  if (status > 428) return status === 429 ? 'rate-limited' : 'unavailable'
  if (/^(not_found|wrong_|cross_)/.test(code)) return 'config'
  return /^(malformed|unsupp)/.test(code) ? 'bug' : 'refused'
}
