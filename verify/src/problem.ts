import type { ProblemCode, Refusal } from './refusal.ts'

/** A refusal, ready to be sent: the status, the headers and the body of application/problem+json (RFC 9457). */
export type TokenProblem = {
  code: ProblemCode
  status: number
  title: string
  detail: string
  /** What the caller should change, in one sentence. */
  fix: string
  /** The page of the refusal at the issuer. */
  type: string
  /** What was observed, for your log; it is in the body in development, and where the caller may know it. */
  cause: string
  /** Where a claim differed: what the token says and what the options want. In the body in development only. */
  claim?: string
  got?: unknown
  wanted?: unknown
  /** Content-Type, Cache-Control, WWW-Authenticate (RFC 6750 3), Retry-After. */
  headers: Record<string, string>
  /** JSON text. */
  body: string
}

export type ProblemSettings = {
  issuer: string
  realm: string
  missingStatus: 401 | 403
  development: boolean
}

/**
 * In production the words to the caller are fixed, so that a forger learns nothing of which check failed; in development they
 * name it.
 */
export function toProblem(refusal: Refusal, settings: ProblemSettings): TokenProblem {
  const { code, cause, differs } = refusal
  const { title, meaning, fix } = words[code]
  const status = code === 'bearer_missing' ? settings.missingStatus : statuses[code]
  const isOpen = settings.development || openCauses.has(cause)
  const type =
    code === 'insufficient_scope' ? rfc6750 : `${settings.issuer.replace(/\/$/, '')}/problems/${code}`
  const detail = isOpen ? refusal.detail : meaning
  const base = { type, title, status, code, detail, fix: fixes[cause] ?? fix }
  const body = {
    ...base,
    ...(isOpen ? { cause } : {}),
    ...(settings.development ? differs : {}),
  }
  return { ...base, cause, ...differs, headers: headersOf(refusal, settings), body: JSON.stringify(body) }
}

const rfc6750 = 'https://www.rfc-editor.org/rfc/rfc6750#section-3.1'

const statuses: Record<ProblemCode, number> = {
  bearer_missing: 401,
  invalid_request: 400,
  token_invalid: 401,
  token_expired: 401,
  insufficient_scope: 403,
  reauth_required: 403,
  service_unavailable: 503,
}

/** What the caller's own request shows, or what he has to know to go on. */
const openCauses: ReadonlySet<string> = new Set([
  'no_header',
  'wrong_scheme',
  'empty_variable',
  'repeated_header',
  'repeated_token',
  'session_over',
])

const words: Record<ProblemCode, { title: string; meaning: string; fix: string; error?: string }> = {
  bearer_missing: {
    title: 'No access token came with this request',
    meaning: 'The route needs the header Authorization: Bearer <accessToken>.',
    fix: 'Get a token with POST /auth/token and send it as Authorization: Bearer <accessToken>.',
  },
  invalid_request: {
    title: 'More than one access token came with this request',
    meaning: 'The route takes one Authorization header with one token.',
    fix: 'Send one Authorization header: Authorization: Bearer <accessToken>.',
    error: 'invalid_request',
  },
  token_invalid: {
    title: 'The access token is not valid here',
    meaning: 'The token is malformed, is of another issuer, audience or type, or its session has ended.',
    fix: 'Get a new token with POST /auth/token and send it unchanged.',
    error: 'invalid_token',
  },
  token_expired: {
    title: 'The access token has expired',
    meaning: 'Access tokens are short-lived.',
    fix: 'Get a new one with POST /auth/token, or with POST /auth/refresh.',
    error: 'invalid_token',
  },
  insufficient_scope: {
    title: 'This token does not open this route',
    meaning: 'The token is good, and its account may not do this.',
    fix: 'Ask whoever runs this service for the right to do it, then get a new token.',
    error: 'insufficient_scope',
  },
  reauth_required: {
    title: 'This needs a recent verification',
    meaning: 'The act is sensitive, and the login behind this token is too old or was not strong enough.',
    fix: 'POST /auth/step-up, then POST /auth/verify-otp with the code from the mail, then get a new token.',
    error: 'insufficient_user_authentication',
  },
  service_unavailable: {
    title: 'The token cannot be checked right now',
    meaning: 'The issuer of the tokens does not answer, so nothing can be said about this one.',
    fix: 'Try again after the seconds in Retry-After.',
  },
}

const fixes: Record<string, string> = {
  session_over: 'Log in again.',
  wrong_scheme: 'Write the scheme Bearer: Authorization: Bearer <accessToken>.',
}

function headersOf(refusal: Refusal, { realm }: ProblemSettings): Record<string, string> {
  const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' }
  if (refusal.code === 'service_unavailable') return { ...headers, 'Retry-After': '2' }
  const { error, title } = words[refusal.code]
  const { scope, maxAgeSeconds } = refusal
  const members = [
    ['realm', realm],
    ...(error ? [['error', error]] : []),
    ...(error ? [['error_description', refusal.cause === 'session_over' ? refusal.detail : title]] : []),
    ...(scope === undefined ? [] : [['scope', scope]]),
    ...(maxAgeSeconds === undefined ? [] : [['max_age', String(maxAgeSeconds)]]),
  ]
  const challenge = members.map(([name, value]) => `${name}="${value}"`).join(', ')
  return { ...headers, 'WWW-Authenticate': `Bearer ${challenge}` }
}
